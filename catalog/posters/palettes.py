"""Colours of the posters, some sets a genre: ground, lettering and three for the motif."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Palette:
    """Five colours that go together; `ink` reads well on `ground`."""

    ground: str
    ink: str
    first: str
    second: str
    third: str


_SETS = {
    "action": (
        "17171b fff3e2 ff4b2b ffb400 8b1e12",
        "f4b41a 16202c 143d59 e8451e 0d2538",
        "b5161f fff1e0 0c0c0f ff8a3d 6d0d13",
        "0f2a3d f7f3e9 ff6b35 f7c59f 1b4965",
        "e9e2d0 1a1a1a d62828 003049 f77f00",
        "20123a ffe9d6 ff3864 ffb86f 3d1f63",
    ),
    "adventure": (
        "0f3d3e fdf3dc e2b15b f4e2b6 1f6f6b",
        "e9d8a6 1f2d24 94a37a ca6702 3d5a45",
        "7b2d12 ffe8c2 f2a65a ffd9a0 b4501f",
        "123047 f5ecd7 7fb7be f2c879 2b5876",
    ),
    "animation": (
        "ffd23f 2a1a5e 3bceac ee4266 540d6e",
        "2d1e6b fff6da 7b5cff ffce3a ff6f91",
        "ff7043 fff7e6 ffca28 26a69a 4527a0",
        "0077b6 ffffff 90e0ef ffb703 fb5607",
    ),
    "children": (
        "fff1d0 d62828 06aed5 f0c808 dd1c1a",
        "2ec4b6 10312e ffbf69 ff6b4a fff3d6",
        "ef476f fff7e0 ffd166 06d6a0 118ab2",
        "3a86ff ffffff ffbe0b ff006e 8338ec",
    ),
    "comedy": (
        "ffde59 7a1fa2 ff7ac6 ff5757 3d5afe",
        "ff5d8f fff4e4 ffb3c6 ffe066 7209b7",
        "00a6a6 fffbe6 efca08 f49f0a bbdef0",
        "fff3e0 c2255c ffa94d ff6b6b 4dabf7",
    ),
    "crime": (
        "14161a e9e4d8 3a4049 d7263d 262a31",
        "d9cfc1 20242b 5d6673 b3001b 2c3440",
        "0b2027 f6f1d1 40798c cfd7c7 163a45",
        "3b0d11 f7e1c5 741b22 e0a458 21070a",
        "e0b23c 1b1712 8a5a16 2a2118 5b3c10",
        "1b3a4b f4ecd8 3e6f86 e8a33d 0d222d",
        "c8c4b7 3a0f12 8f2a2a 1d1b1a 5e1a1c",
    ),
    "documentary": (
        "f2efe9 16181d 2b59c3 f25f3a 16181d",
        "21295c f7f7f7 9eb3c2 f2a541 1c7293",
        "e4572e fff8ef 17202a ffd9a3 8c2b14",
        "1b4332 f1faee 95d5b2 f4d35e 2d6a4f",
    ),
    "drama": (
        "efe6dd 2b2230 c06c5b 3d5a6c e0b186",
        "27364a f4ebdd c98f65 e6cfae 5a6f83",
        "4a2c3d f7e7dc b56576 eaac8b 6d3f54",
        "dfe5e3 22333b 8aa29e c6ac8f 3d5a58",
        "1f2b24 efe9d9 8a9a5b d9c29a 4c5b3f",
        "c9503c fff2e3 f2b880 7d2a1e 2f1b1b",
    ),
    "fantasy": (
        "1d1147 f6e7ff 5b3fa0 ffd6a5 32207a",
        "0b3954 fdf0d5 3c7a89 f6d186 0e2a3b",
        "3c1642 fff0d9 a23b72 f9c784 5f1e52",
        "163a2f f3eed0 3d8b6e f2d479 0d241d",
    ),
    "film-noir": (
        "101012 f1ede4 d8d3c5 101012 2b2b30",
        "1b1a17 f5e6c8 cdb380 141310 3b3730",
        "0d1b2a e0e1dd a9b4c2 0d1b2a 24384f",
        "26090b f6ddc8 d9a68a 180506 4d1a1a",
    ),
    "horror": (
        "0b0a0c f3e9dc 8c0f12 f0e6d6 240507",
        "6a040f fff1e6 150203 faa307 03071e",
        "101a14 dfe8d2 3f5d45 c7e07d 1d2c22",
        "17131f efe3f7 5b4b8a d8c8f0 29213a",
    ),
    "musical": (
        "5f0f40 ffe8d1 e36414 fb8b24 9a031e",
        "10002b ffe5f1 c77dff ff9e00 5a189a",
        "f9c74f 3d0c3f f3722c 90323d 43aa8b",
        "003049 fdf0d5 d62828 fcbf49 669bbc",
    ),
    "mystery": (
        "0f2b3c f2ead8 1f5673 e8c547 0a1c28",
        "2f1847 f7ebff 624763 c8a2c8 1b0d2a",
        "d8d4c5 1d2a2f 58706d b5651d 263a3c",
        "142d1f f3edcf 3f6c51 e0c068 0c1c13",
    ),
    "romance": (
        "ffe1dd 8d1537 ff8fa3 e63960 a3123f",
        "7a1036 ffe9e4 f26a8d f9bec7 c9184a",
        "f7d6bf 5d2a42 fb6376 fcb1a6 8e3b5e",
        "2b2d5b ffe8ec d16d9e f5b5c8 6c4a9e",
    ),
    "sci-fi": (
        "070b1e dff6ff 3a5bff 6ee7f2 f25fd0",
        "0d0628 f6e8ff 7a28cb ff8c61 36c9c6",
        "e7ebef 14213d fca311 14213d 7d8597",
        "041f1e d6fff0 0fa3a3 a5f2c5 ffb347",
        "240a2e ffe3f6 e0218a ffb86b 5bd1d7",
        "c2410c fff3e0 7c2d12 ffd08a 431407",
    ),
    "thriller": (
        "0e1a1f e8f1f2 e4572e 0e1a1f f3c677",
        "f0e7d8 1c1c1c d90429 f0e7d8 1c1c1c",
        "1d1128 f5efff f24c00 1d1128 f9c80e",
        "12263a f4edea 4f9da6 12263a ff5959",
    ),
    "war": (
        "3a3d29 efe9d2 6b7046 b08d57 262819",
        "c8b88a 2c2a1c 7b7a4b 93331f 4a4a2f",
        "2a2f36 e6e2d3 5b6770 b23a2a 1b1f24",
        "4a1c12 f5dfc0 8f3b21 d98e4a 2b0f0a",
    ),
    "western": (
        "5c2411 ffe6bf f2a65a f7d08a a34a1f",
        "f2d0a4 5a1f12 e98a4e c1440e 7a2e18",
        "1f3a44 f7e6c6 e9b872 f4dba5 90533a",
        "2b1b17 f5d9a8 c8553d f2b134 6b2b1f",
    ),
    "none": (
        "22252b f1efe9 6c7686 e0a458 3b4250",
        "e6e1d6 25272c 7d8597 c8553d 3b4250",
        "17323a eef3ee 4f8a8b f2c57c 24525c",
    ),
}


def _parse(colours: str) -> Palette:
    ground, ink, first, second, third = (f"#{colour}" for colour in colours.split())
    return Palette(ground, ink, first, second, third)


PALETTES = {slug: tuple(map(_parse, sets)) for slug, sets in _SETS.items()}
