"""A Cog model without weights: it paints the prompt's colours."""

import struct
import time
import zlib

from cog import BasePredictor, Input, Path


class Predictor(BasePredictor):
    def predict(
        self,
        prompt: str = Input(description="What to paint"),
        size: int = Input(description="Width and height", ge=16, le=1024, default=64),
        seconds: float = Input(description="How long it takes", ge=0, le=60, default=0),
    ) -> Path:
        time.sleep(seconds)
        shade = zlib.crc32(prompt.encode())
        pixel = struct.pack(">I", shade)[1:]
        rows = (b"\0" + pixel * size) * size
        with open("/tmp/out.png", "wb") as f:
            f.write(b"\x89PNG\r\n\x1a\n")
            for kind, data in (
                (b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)),
                (b"IDAT", zlib.compress(rows)),
                (b"IEND", b""),
            ):
                f.write(struct.pack(">I", len(data)) + kind + data)
                f.write(struct.pack(">I", zlib.crc32(kind + data)))
        return Path("/tmp/out.png")
