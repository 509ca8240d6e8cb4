"""Codecs: fewer bytes for a clip, and how to get the clip back.

Every codec is a value without state: ``packed = codec.encode(x)``, ``y = codec.decode(packed)``, ``packed.nbytes``.
Clips x are batches [N, C, T, V, M] as in `motion`; a person is stored only in the clips in which they appear.
"""

from .adaptive import Adaptive
from .budget import BY_NAME, Codec, at_equal_bytes, bytes_per_person
from .dct import DCT, cosines
from .packed import Packed
from .quantisation import DTYPES, ValueType
from .uniform import Uniform

__all__ = [
    "BY_NAME",
    "DCT",
    "DTYPES",
    "Adaptive",
    "Codec",
    "Packed",
    "Uniform",
    "ValueType",
    "at_equal_bytes",
    "bytes_per_person",
    "cosines",
]
