"""Downloads from a server on this machine: whole, resumed, refused, and without any network."""

import hashlib
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

import engine.pretrained.sources
from engine.cli.app import run
from engine.errors import DownloadError
from engine.offline_transformers import transformers
from engine.pretrained.download import RemoteFile, fetch_files
from engine.pretrained.folders import read_config

CONTENT = bytes(range(256)) * 20_000  # 5 MB
SUM = hashlib.sha256(CONTENT).hexdigest()


@dataclass
class Site:
    """A hub: `/weights` redirects to `/store` and announces a checksum; it may break off after `cut` bytes."""

    url: str = ""
    announced: str = SUM
    cut: int | None = None
    asked: list[str] = field(default_factory=list)

    def file(self, sha256: str | None = None) -> RemoteFile:
        return RemoteFile(f"{self.url}/weights", "weights.bin", sha256)


@pytest.fixture
def site() -> Iterator[Site]:
    found = Site()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            span = self.headers.get("Range", "")
            if self.path == "/weights":
                self.send_response(302)
                self.send_header("Location", "/store")
                self.send_header("X-Linked-Etag", f'"{found.announced}"')
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif self.path == "/empty":
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif self.path == "/store":
                found.asked.append(span)
                begin = int(span[6:-1]) if span else 0
                self.send_response(206 if span else 200)
                self.send_header("Content-Length", str(len(CONTENT) - begin))
                self.send_header("ETag", '"of the store"')
                self.end_headers()
                try:
                    self.wfile.write(CONTENT[begin : found.cut])
                except (BrokenPipeError, ConnectionResetError):
                    self.close_connection = True
            else:
                self.send_error(404)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield found
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_file_arrives_whole_and_once(site: Site, tmp_path: Path) -> None:
    told: list[tuple[str, int, int]] = []
    (path,) = fetch_files([site.file(SUM)], tmp_path / "new", lambda *row: told.append(row))
    assert path.read_bytes() == CONTENT
    assert told[0] == ("weights.bin", 0, len(CONTENT)) and told[-1] == ("weights.bin", len(CONTENT), len(CONTENT))
    asked = len(site.asked)
    assert fetch_files([site.file(SUM)], tmp_path / "new", lambda *_: None) == [path]
    assert len(site.asked) == asked  # its checksum is known and right: nothing is asked again
    assert [found.name for found in path.parent.iterdir()] == ["weights.bin"]
    (empty,) = fetch_files([RemoteFile(f"{site.url}/empty", "empty.txt")], tmp_path, lambda *_: None)
    assert empty.read_bytes() == b""


def test_a_broken_download_goes_on_where_it_stopped(site: Site, tmp_path: Path) -> None:
    site.cut = 3_000_000
    with pytest.raises(DownloadError, match=r"3000000 of 5120000 bytes .* go on from there"):
        fetch_files([site.file(SUM)], tmp_path, lambda *_: None)
    assert not (tmp_path / "weights.bin").exists()
    site.cut = None
    (path,) = fetch_files([site.file(SUM)], tmp_path, lambda *_: None)
    assert path.read_bytes() == CONTENT
    assert site.asked[-1] == "bytes=3000000-"


def test_another_file_by_now_begins_anew(site: Site, tmp_path: Path) -> None:
    site.cut, site.announced = 3_000_000, "0" * 64
    with pytest.raises(DownloadError, match="go on from there"):
        fetch_files([site.file(SUM)], tmp_path, lambda *_: None)
    site.cut, site.announced = None, SUM
    (path,) = fetch_files([site.file()], tmp_path, lambda *_: None)
    assert path.read_bytes() == CONTENT and not any(site.asked)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize("known", [True, False])
def test_a_wrong_checksum_leaves_nothing(site: Site, tmp_path: Path, known: bool) -> None:
    site.announced = SUM if known else "0" * 64
    with pytest.raises(DownloadError, match=r"weights\.bin arrived with a wrong checksum and was deleted"):
        fetch_files([site.file("1" * 64 if known else None)], tmp_path, lambda *_: None)
    assert list(tmp_path.iterdir()) == []


def test_a_part_that_is_whole_is_only_checked(site: Site, tmp_path: Path) -> None:
    site.cut = 5_000_000
    with pytest.raises(DownloadError):
        fetch_files([site.file(SUM)], tmp_path, lambda *_: None)
    (part,) = tmp_path.iterdir()
    part.write_bytes(CONTENT)
    site.cut = None
    (path,) = fetch_files([site.file(SUM)], tmp_path, lambda *_: None)
    assert path.read_bytes() == CONTENT and not any(site.asked)


def test_the_command_fetches_and_says_what_went_wrong(
    site: Site, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_window() -> int:
        raise AssertionError

    sources = {"encodec": (site.file(SUM),), "clap": (RemoteFile(f"{site.url}/gone", "x"),)}
    monkeypatch.setattr(engine.pretrained.sources, "SOURCES", sources)
    monkeypatch.setattr(engine.pretrained.sources, "user_data", lambda: tmp_path)
    assert run(["pack", "fetch", "encodec"], no_window) == 0
    assert (tmp_path / "pretrained" / "encodec" / "weights.bin").read_bytes() == CONTENT
    capsys.readouterr()
    assert run(["pack", "fetch", "clap", str(tmp_path / "x")], no_window) == 2
    assert "answers 404" in capsys.readouterr().err
    assert run(["pack", "fetch", "vae"], no_window) == 2
    assert "possible: encodec, clap" in capsys.readouterr().err
    with socket.socket() as closed:  # a port where nobody listens
        closed.bind(("127.0.0.1", 0))
        sources["clap"] = (RemoteFile(f"http://127.0.0.1:{closed.getsockname()[1]}/x", "x"),)
        before = time.monotonic()
        assert run(["pack", "fetch", "clap", str(tmp_path / "x")], no_window) == 2
    assert time.monotonic() - before < 5
    err = capsys.readouterr().err
    assert len(err.splitlines()) == 1 and "no connection to 127.0.0.1" in err
    assert list((tmp_path / "x").iterdir()) == []


def test_what_is_written_beside_the_weights_of_encodec_builds_the_network_they_are_of(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine.pretrained.sources, "SOURCES", {"encodec": (site.file(SUM),)})
    paths = engine.pretrained.sources.fetch_source("encodec", tmp_path, lambda *_: None)
    assert [path.name for path in paths] == ["weights.bin", "config.json"]
    config = read_config(tmp_path, "encodec", "EncodecConfig")
    network = transformers().EncodecModel(config)
    codebooks = sum(value.numel() for value in network.quantizer.state_dict().values())
    others = sum(value.numel() for value in network.state_dict().values()) - codebooks
    assert (config.frame_rate, config.hidden_size, config.sampling_rate) == (75, 128, 24000)
    assert codebooks == 32 * (2 * 1024 * 128 + 1024 + 1)
    assert round(others / 1e6, 2) == 14.85  # of the published network


def test_every_source_is_a_pinned_file_of_a_hub() -> None:
    for files in engine.pretrained.sources.SOURCES.values():
        assert all(file.url.startswith("https://huggingface.co/") for file in files)
        assert files and all(re.fullmatch("[0-9a-f]{64}", file.sha256 or "") for file in files)
        assert all(re.search("/resolve/[0-9a-f]{40}/", file.url) for file in files)


@contextmanager
def answering(*answers: bytes) -> Iterator[str]:
    """A server that gives each of `answers` as it is, the last one for ever; its address."""
    asked = 0
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(16)

        def serve() -> None:
            nonlocal asked
            while True:
                try:
                    caller, _ = server.accept()
                except OSError:
                    return
                with caller, suppress(OSError):
                    caller.recv(65536)
                    caller.sendall(answers[min(asked, len(answers) - 1)])
                asked += 1

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/a"
        server.shutdown(socket.SHUT_RDWR)
        thread.join(5)


OK = b'HTTP/1.1 200 OK\r\nContent-Length: %s\r\nETag: "x"\r\n\r\nhello'


@pytest.mark.parametrize(
    "answers",
    [
        [b"HTTP/1.1 416 x\r\nContent-Length: 0\r\n\r\n"],
        [b"HTTP/1.1 302 x\r\nLocation: /a\r\nContent-Length: 0\r\n\r\n"],
        [b"HTTP/1.1 302 x\r\nLocation: http://[::1\r\nContent-Length: 0\r\n\r\n"],
        [b"HTTP/1.1 302 x\r\nLocation: file:///etc/passwd\r\nContent-Length: 0\r\n\r\n"],
        [OK % b"99999999999999999999999"],
        [OK % b"900"],
        [b"HTTP/1.1 200 OK\r\n\r\n" + bytes(5000)],
        [b"no answer at all"],
        [b""],
    ],
)
def test_a_hostile_server_is_refused_in_one_sentence(answers: list[bytes], tmp_path: Path) -> None:
    with answering(*answers) as url, pytest.raises(DownloadError) as told:
        fetch_files([RemoteFile(url, "a", SUM, most_bytes=1000)], tmp_path, lambda *_: None)
    assert "\n" not in str(told.value) and not (tmp_path / "a").exists()


@pytest.mark.parametrize("length", [b"abc", b"-5", b"\xb2", b""])
def test_a_length_that_is_no_number_is_none(length: bytes, tmp_path: Path) -> None:
    with answering(OK % length) as url:
        (path,) = fetch_files([RemoteFile(url, "a")], tmp_path, lambda *_: None)
    assert path.read_bytes() == b"hello"
