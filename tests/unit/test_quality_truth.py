"""The truth file's form: what is read, what is refused and how it is said; the labelled truth and the queries."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bench.quality.evaluate import REAL_TRUTH
from bench.quality.rendered import labels_of
from bench.quality.retrieval import read_queries
from bench.quality.truth import SCHEMA, Kind, TruthError, read_collection
from contracts.vocabulary import ATTRIBUTE_GROUPS

MAN = {
    "id": "A",
    "frames": [0, 9],
    "text": "grey coat",
    "labels": {"upper_colour": "grey"},
    "boxes": [[3, 0.1, 0.1, 0.2, 0.5]],
}


def folder_with(folder: Path, clips: dict[str, Any], *files: str) -> tuple[Path, Path]:
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_bytes(b"")
    truth = folder / "truth.json"
    truth.write_text(json.dumps({"clips": clips}))
    return folder, truth


def test_a_clip_is_read_with_its_people_and_vehicles(tmp_path: Path) -> None:
    clips = {"a.mp4": {"frames": 10, "persons": [MAN], "vehicles": [{"frames": [2, 4], "labels": {"type": "bicycle"}}]}}
    collection = read_collection("own", *folder_with(tmp_path, clips, "a.mp4"))
    (clip,) = collection.clips
    assert [(one.id, one.kind, one.first, one.last) for one in clip.objects] == [
        ("a.mp4/A", Kind.PERSON, 0, 9),
        ("a.mp4/vehicles[0]", Kind.BICYCLE, 2, 4),
    ]
    assert clip.objects[0].boxes[0].edges == (0.1, 0.1, 0.2, 0.5)


def test_a_folder_of_cameras_gives_a_clip_each_and_its_objects_the_same_ids(tmp_path: Path) -> None:
    clips = {"lab": {"frames": 10, "persons": [{"id": "A", "cams": [1, 2]}, {"id": "B", "cams": [2]}]}}
    collection = read_collection("own", *folder_with(tmp_path, clips, "lab/cam01.mp4", "lab/cam02.mp4"))
    assert {clip.name: [one.id for one in clip.objects] for clip in collection.clips} == {
        "lab/cam01.mp4": ["lab/A"],
        "lab/cam02.mp4": ["lab/A", "lab/B"],
    }


def test_clips_of_one_site_share_ids(tmp_path: Path) -> None:
    clips = {name: {"site": "yard", "frames": 10, "persons": [MAN]} for name in ("a.mp4", "b.mp4")}
    collection = read_collection("own", *folder_with(tmp_path, clips, "a.mp4", "b.mp4"))
    assert {one.id for clip in collection.clips for one in clip.objects} == {"yard/A"}


def test_a_clip_that_is_not_in_the_folder_is_told(tmp_path: Path) -> None:
    assert read_collection("own", *folder_with(tmp_path, {"gone.mp4": {}})).absent == ("gone.mp4",)


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ({"persons": [{**MAN, "labels": {"upper_colour": "mauve"}}]}, "persons[0].labels.upper_colour"),
        ({"persons": [{**MAN, "gender": "x"}]}, "persons[0]"),
        ({"persons": [MAN, {**MAN, "id": "B", "frames": [9]}]}, "persons[1].frames"),
        ({"persons": [{**MAN, "frames": [9, 2]}]}, "persons[0].frames"),
        ({"frames": 5, "persons": [MAN]}, "persons[0].frames"),
        ({"persons": [{"id": "A"}]}, "persons[0].frames"),
        ({"persons": [{**MAN, "boxes": [[3, 0.4, 0.1, 0.2, 0.5]]}]}, "persons[0].boxes"),
        ({"vehicles": [{"frames": [0, 1], "boxes": [[3, 0.1, 10, 0.2, 0.3]]}]}, "vehicles[0].boxes[0][2]"),
        ({"faces": {"frames": [1], "boxes": [[2, 0.1, 0.1, 0.2, 0.2]]}}, "faces.boxes"),
        ({"fps": 0}, "fps"),
        ({"persons": [MAN, MAN]}, "id"),
    ],
)
def test_what_does_not_fit_is_refused_with_the_clip_and_the_field(tmp_path: Path, entry: Any, field: str) -> None:
    with pytest.raises(TruthError) as refused:
        read_collection("own", *folder_with(tmp_path, {"a.mp4": entry}, "a.mp4"))
    assert (refused.value.clip, refused.value.field) == ("a.mp4", field)
    assert "a.mp4" in str(refused.value)
    assert field in str(refused.value)


def test_a_file_that_is_not_json_is_refused_by_its_name(tmp_path: Path) -> None:
    (tmp_path / "truth.json").write_text("{")
    with pytest.raises(TruthError, match=r"truth\.json.*not JSON"):
        read_collection("own", tmp_path, tmp_path / "truth.json")


def test_the_labels_of_the_form_are_the_attributes_that_the_product_knows() -> None:
    schema = json.loads(SCHEMA.read_text())["$defs"]
    labels = schema["labels"]["properties"]
    for group in ATTRIBUTE_GROUPS:
        form = labels[group.name]
        values = schema["colour"]["enum"] if "$ref" in form else form["enum"]
        assert sorted(values) == sorted(group.values), group.key


def test_our_own_truth_is_of_the_form(tmp_path: Path) -> None:
    clips = json.loads(REAL_TRUTH.read_text())["clips"]
    for clip in clips:
        (tmp_path / clip).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / clip).write_bytes(b"")
    collection = read_collection("real", tmp_path, REAL_TRUTH)
    boxes = [placed for clip in collection.clips for one in clip.objects for placed in one.boxes]
    assert len(boxes) >= 60
    assert not collection.absent


def test_nothing_is_measured_on_what_is_trained_on() -> None:
    # Read as text: the module itself needs the training environment.
    split = (Path(__file__).parents[2] / "infra" / "models" / "train" / "footage.py").read_text()
    held_out = split.split("HELD_OUT_CLIPS", 1)[1].split(")", 1)[0]
    for clip in json.loads(REAL_TRUTH.read_text())["clips"]:
        assert f'"{clip}"' in held_out


def test_there_are_queries_of_every_sort_and_paraphrases_share_no_word_with_what_they_mean() -> None:
    queries = read_queries()
    assert len(queries) >= 60
    assert {query.kind for query in queries} >= {
        "class", "colour", "clothing", "vehicle type", "action", "paraphrase", "one word", "negation",
    }  # fmt: skip
    for query in queries:
        if query.kind == "paraphrase":
            meant = set(re.findall(r"[a-z]+", json.dumps(list(query.right.values())).lower()))
            assert not meant & set(re.findall(r"[a-z]+", query.text.lower())), query.text
        if query.kind == "one word":
            assert len(query.text.split()) == 1


def test_the_labels_that_queries_ask_for_are_those_of_the_form() -> None:
    known = set(json.loads(SCHEMA.read_text())["$defs"]["labels"]["properties"]) | {"class"}
    assert all(set(query.right) <= known for query in read_queries())


def test_a_rendered_rider_and_the_bicycle_have_labels_of_their_own() -> None:
    seen = {
        "class": "person", "action": "riding", "upper": "t-shirt", "upper_colour": "red", "lower": "shorts",
        "lower_colour": "black", "headwear": "helmet", "vehicle": "bicycle", "vehicle_colour": "blue",
    }  # fmt: skip
    rider = labels_of(seen, "person")
    assert (rider["sleeves"], rider["legs"], rider["hat"], rider["bag"]) == ("short", "short", "yes", "no")
    assert "colour" not in rider
    assert labels_of(seen, "bicycle") == {"action": "riding", "type": "bicycle", "colour": "blue"}
