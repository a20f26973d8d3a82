"""Reading and writing `config.pbtxt`, Triton's description of one model."""

from pathlib import Path
from typing import Any

from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2


def read_config(path: Path) -> Any:
    """Read one `config.pbtxt` as Triton itself would.

    Returns:
        A `tritonclient.grpc.model_config_pb2.ModelConfig`.

    Raises:
        google.protobuf.text_format.ParseError: the file is not a model configuration.
    """
    return text_format.Parse(path.read_text(), model_config_pb2.ModelConfig())


def write_config(path: Path, config: Any) -> None:
    """Write a model configuration so that people can read it too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text_format.MessageToString(config, use_short_repeated_primitives=True))


def parameter(config: Any, name: str) -> str:
    """Give a parameter of a model configuration; empty where it has none of that name."""
    return str(config.parameters[name].string_value) if name in config.parameters else ""


def set_parameter(config: Any, name: str, value: str) -> None:
    """Set a parameter of a model configuration."""
    config.parameters[name].string_value = value
