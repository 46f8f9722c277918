"""A model without weights behind LiteLLM: it paints the prompt's colour."""

import base64
import struct
import time
import zlib

from litellm import CustomLLM
from litellm.types.utils import ImageObject, ImageResponse


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def paint(prompt: str, size: int = 64) -> bytes:
    pixel = struct.pack(">I", zlib.crc32(prompt.encode()))[1:]
    rows = (b"\0" + pixel * size) * size
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


class Painter(CustomLLM):
    async def aimage_generation(self, model, prompt, **rest) -> ImageResponse:
        picture = base64.b64encode(paint(prompt)).decode()
        return ImageResponse(created=int(time.time()), data=[ImageObject(b64_json=picture)])


painter = Painter()
