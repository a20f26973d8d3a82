"""Media from outside, handled in a confined subprocess: this process never parses a byte of it.

Owns: the sandbox (limits on memory, processor time, pixels and duration; no network, no exec; lists of allowed
containers and codecs) and what runs in it: probing and cutting recordings, reading frames, decoding pictures, cutting
clips. Consumes files and bytes. Emits plain values, raw pictures, and errors whose messages are for people:

    picture = decode_picture(content)                                    # uint8 [height, width, 3], RGB
    clip = cut_clip([ClipSource(path, started_at), …], from_time, until_time, folder)
    recording = cut_recording(path, folder, segment_seconds=12, tell_progress=…)
    with FrameReader(path, …) as frames: …                               # sampled frames of a segment

MediaError: the media cannot be used, ever. SandboxError: something around it failed; try again.
"""

from kit.media.clip import Clip, ClipSource, cut_clip
from kit.media.errors import MediaError, SandboxError
from kit.media.frames import FrameGroup, FrameReader
from kit.media.limits import PICTURE_LIMITS, Limits
from kit.media.picture import PictureDecoder, decode_picture
from kit.media.recording import CutRecording, CutSegment, cut_recording

__all__ = [
    "PICTURE_LIMITS",
    "Clip",
    "ClipSource",
    "CutRecording",
    "CutSegment",
    "FrameGroup",
    "FrameReader",
    "Limits",
    "MediaError",
    "PictureDecoder",
    "SandboxError",
    "cut_clip",
    "cut_recording",
    "decode_picture",
]
