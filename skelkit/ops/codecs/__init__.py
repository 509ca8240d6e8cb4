"""Codecs: store clips in fewer bytes, and restore them.

A codec is a value without state: ``packed = codec.encode(x)``, ``y = codec.decode(packed)``,
``packed.nbytes``. Clips x are batches [N, C, T, V, M] as in `motion`. A person is stored only in the clips
where they are present.

To add a codec, write a subclass of `Codec` and add it to `CODECS`: replay memories, settings and the
panel of notebook 01 find it there by name.
"""

from .adaptive import Adaptive
from .budget import at_equal_bytes, bytes_per_person
from .codec import Codec
from .dct import DCT, cosines
from .packed import Packed
from .quantisation import DTYPES, ValueType
from .uniform import Uniform
from .variants import MakeCodec, comparison

CODECS: dict[str, type[Codec]] = {
    "uniform": Uniform,
    "adaptive": Adaptive,
    "dct": DCT,
}
"""Every codec by its name in settings."""

LOSSLESS: Codec = Uniform(1)
"""Stores every frame in float32."""

__all__ = [
    "CODECS",
    "DCT",
    "DTYPES",
    "LOSSLESS",
    "Adaptive",
    "Codec",
    "MakeCodec",
    "Packed",
    "Uniform",
    "ValueType",
    "at_equal_bytes",
    "bytes_per_person",
    "comparison",
    "cosines",
]
