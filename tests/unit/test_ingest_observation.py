"""What of a frame's detections is one thing."""

from contracts.vocabulary import ObjectClass
from services.ingest.model.observation import Box, Detection, without_doubles

PLACE = Box(0.40, 0.40, 0.60, 0.80)
NEARLY = Box(0.41, 0.42, 0.60, 0.80)
BESIDE = Box(0.52, 0.40, 0.72, 0.80)


def seen(object_class: ObjectClass, box: Box = PLACE, score: float = 0.8) -> Detection:
    return Detection(box, score, object_class)


def test_a_bicycle_that_is_seen_as_a_motorcycle_besides_is_one_thing_by_its_stronger_name() -> None:
    bicycle, motorcycle = seen(ObjectClass.BICYCLE), seen(ObjectClass.MOTORCYCLE, NEARLY, 0.5)
    assert without_doubles([bicycle, motorcycle]) == [bicycle]


def test_a_van_that_is_seen_as_a_car_and_a_truck_is_one_thing() -> None:
    truck, car = seen(ObjectClass.TRUCK), seen(ObjectClass.CAR, NEARLY, 0.4)
    assert without_doubles([truck, car]) == [truck]


def test_a_rider_and_the_bicycle_are_two() -> None:
    both = [seen(ObjectClass.PERSON), seen(ObjectClass.BICYCLE, NEARLY, 0.5)]
    assert without_doubles(both) == both


def test_what_stands_beside_it_stays() -> None:
    both = [seen(ObjectClass.BICYCLE), seen(ObjectClass.MOTORCYCLE, BESIDE, 0.5)]
    assert without_doubles(both) == both


def test_two_of_one_class_are_left_to_the_detector() -> None:
    both = [seen(ObjectClass.CAR), seen(ObjectClass.CAR, NEARLY, 0.5)]
    assert without_doubles(both) == both
