"""Small data sets in the official formats, written where a test wants them."""

import gzip
import zipfile
from pathlib import Path

MOVIES_CSV = (
    "movieId,title,genres\n"
    "1,Toy Story (1995),Adventure|Animation|Children\n"
    '2,"Matrix, The (1999)",Action|Sci-Fi\n'
    '3,"Amelie (Fabuleux destin d\'Amélie Poulain, Le) (2001)",Comedy|Romance\n'
    "4,Untold,(no genres listed)\n"
)
RATINGS_CSV = (
    "userId,movieId,rating,timestamp\n"
    "1,2,5.0,964982703\n1,1,0.5,964982703\n1,3,3.5,964980000\n2,1,4.0,1141415820\n"
)
LINKS_CSV = "movieId,imdbId,tmdbId\n1,0114709,862\n2,0133093,603\n3,0211915,\n4,,\n"
TAGS_CSV = 'userId,movieId,tag,timestamp\n1,2,"red, or ""blue"" pill",1139045764\n7,1,toys,0\n'
SMALL = {
    "movies.csv": MOVIES_CSV,
    "ratings.csv": RATINGS_CSV,
    "links.csv": LINKS_CSV,
    "tags.csv": TAGS_CSV,
}
# 1741 and 1795 are one film; 669 lives on as 6918.
ONE_MILLION = {
    "movies.dat": (
        "669::Aparajito (1956)::Drama\n1741::Midaq Alley (1995)::Drama\n"
        "1795::Callejón de los milagros, El (1995)::Drama\n5::Toys (1992)::Children's\n"
    ),
    "ratings.dat": (
        "1::1741::4::978300760\n1::1795::2::978300000\n1::669::5::978300760\n"
        "1::5::3::978300760\n2::1795::1::978300761\n2::1741::3::978300761\n"
    ),
    "renumbered.csv": "ml1m_movie_id,movie_id\n669,6918\n1741,1795\n",
}


def write_folder(folder: Path, files: dict[str, str], *, encoding: str = "utf-8") -> Path:
    """Write the files; those whose name ends in .gz are gzipped."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        raw = text.encode(encoding)
        (folder / name).write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return folder


def write_zip(path: Path, files: dict[str, str], *, inside: str = "") -> Path:
    """Write the files as a zip, below the folder `inside`."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in files.items():
            raw = text.encode()
            archive.writestr(inside + name, gzip.compress(raw) if name.endswith(".gz") else raw)
    return path
