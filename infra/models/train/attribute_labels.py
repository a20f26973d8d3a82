"""What is known of an object, in the words of the attributes' vocabulary."""

from collections.abc import Mapping

from contracts.vocabulary import ATTRIBUTE_GROUPS

VEHICLE_WORDS = {
    "saloon": "car",
    "hatchback": "car",
    "estate": "car",
    "SUV": "car",
    "taxi": "car",
    "van": "van",
    "pickup": "truck",
    "lorry": "truck",
    "bus": "bus",
    "bicycle": "bicycle",
    "motorcycle": "motorcycle",
}


def rendered_labels(seen: Mapping[str, str]) -> dict[str, str]:
    """Say the renderer's attributes of a crop in the words of the vocabulary, subject and name."""
    labels: dict[str, str] = {}
    if "upper" in seen:
        bag = seen.get("bag", "")
        dressed = seen["lower"] != "dress"
        labels |= {
            "person.upper_colour": seen["upper_colour"] if "vest" not in seen else "",
            "person.lower_colour": seen["lower_colour"] if dressed else "",
            "person.sleeves": "short" if seen["upper"] == "t-shirt" else "long",
            "person.legs": "long" if seen["lower"] in ("trousers", "jeans") else "short",
            "person.hat": "yes" if "headwear" in seen else "no",
            "person.bag": "yes" if bag not in ("", "backpack") else "no",
            "person.backpack": "yes" if bag == "backpack" else "no",
            "person.hi_vis": "yes" if "vest" in seen else "no",
        }
    if "vehicle" in seen:
        labels |= {"vehicle.colour": seen["vehicle_colour"], "vehicle.type": VEHICLE_WORDS[seen["vehicle"]]}
    return labels


def label_row(labels: Mapping[str, str]) -> list[int]:
    """Give the places of labels in the values of the groups; -1 where a group is not named, or named with ''."""
    return [group.values.index(labels[group.key]) if labels.get(group.key) else -1 for group in ATTRIBUTE_GROUPS]
