from django.test import Client


def test_icon_is_found_where_browsers_look_for_it() -> None:
    answer = Client().get("/favicon.ico")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/x-icon"
    assert answer.content.startswith(b"\x00\x00\x01\x00")
    assert "public" in answer["Cache-Control"]
    assert Client().post("/favicon.ico").status_code == 405
