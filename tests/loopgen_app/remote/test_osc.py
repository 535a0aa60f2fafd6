"""OSC: every knob and button by its address; nothing malformed, nothing too much, and nothing of the disk.

`LOOPGEN_OSC_PACKETS` is how many malformed packets are sent (2,000), `LOOPGEN_OSC_SECONDS` how long a thousand
messages a second are (0.5).
"""

import os
import random
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import Desk, Stage
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from engine import PARTS, InvalidRequest
from loopgen_app.remote.osc import TELL_SECONDS, Osc
from loopgen_app.remote.osc_commands import OscCommands, settable
from loopgen_app.remote.osc_listener import MOST_WAITING, Inbox, OscListener
from loopgen_app.remote.osc_packets import MOST_BYTES, OscError, OscMessage, read_packet
from loopgen_app.state.parameters import PARAMETERS

PACKETS = int(os.environ.get("LOOPGEN_OSC_PACKETS", "2000"))
SECONDS = float(os.environ.get("LOOPGEN_OSC_SECONDS", "0.5"))


def packed(address: str, *values: object) -> bytes:
    builder = OscMessageBuilder(address)
    for value in values:
        builder.add_arg(value)
    return builder.build().dgram


def bundled(*packets: bytes) -> bytes:
    return b"#bundle\x00" + bytes(7) + b"\x01" + b"".join(len(each).to_bytes(4, "big") + each for each in packets)


@pytest.fixture
def osc(desk: Desk) -> Iterator[Osc]:
    made = Osc(desk.studio, lambda: [loop.id for loop in desk.studio.bank.loops()], clock=lambda: 0.0)
    desk.studio.settings.osc_port = 0  # any that is free
    yield made
    made.close()


def say(osc: Osc, address: str, *values: object) -> None:
    for message in read_packet(packed(address, *values)):
        osc.inbox.put(message)
    osc.obey()


# ---- packets ---------------------------------------------------------------------------------------------


def test_messages_and_bundles_are_read_in_order() -> None:
    builder = OscBundleBuilder(IMMEDIATELY)
    for value in (1, 2.5, "x", True, False):
        message = OscMessageBuilder("/a")
        message.add_arg(value)
        builder.add_content(message.build())
    outer = bundled(builder.build().dgram, packed("/b"), bundled(packed("/c", 3)))
    assert read_packet(outer) == [
        *(OscMessage("/a", (value,)) for value in (1, 2.5, "x", True, False)),
        OscMessage("/b"),
        OscMessage("/c", (3,)),
    ]
    assert read_packet(b"/old\x00\x00\x00\x00") == [OscMessage("/old")]


@pytest.mark.parametrize(
    "packet",
    [
        b"", b"/", b"abc\x00", b"\x00" * 8, b"/a\x00", b"#bundle\x00", packed("/a", 1)[:-4], packed("/a", b"blob"),
        b"/a\x00\x00,i\x00\x00", b"/a\x00\x00i\x00\x00\x00", b"/\xff\xfe\x00,\x00\x00\x00",
        bundled(packed("/a"))[:-4], bundled(b"") + b"\xff\xff\xff\xff", bundled(*[packed("/a")] * 300),
        b"/a\x00\x00" * (MOST_BYTES // 4 + 1), b"/a\n\x00,\x00\x00\x00",
    ],
)  # fmt: skip
def test_what_is_no_osc_is_one_error(packet: bytes) -> None:
    if packet == b"#bundle\x00":
        assert read_packet(packet) == []
        return
    with pytest.raises(OscError):
        read_packet(packet)


def test_bundles_in_bundles_end() -> None:
    packet = packed("/a")
    while len(packet) < MOST_BYTES - 20:
        packet = bundled(packet)
    assert read_packet(packet) == [OscMessage("/a")]


# ---- commands --------------------------------------------------------------------------------------------


def test_every_knob_but_sounds_has_an_address_and_takes_what_it_holds(osc: Osc, desk: Desk) -> None:
    assert set(PARAMETERS) - set(settable()) == {"reference", "reference_name", "voices", "pattern"}
    for knob in settable().values():
        value = desk.studio.instrument.value(knob.id)
        values = value if isinstance(value, tuple) else () if value is None else (value,)
        if knob.kind == "choice" and value is None:
            values = ("any",)
        osc.commands.obey(OscMessage(f"/loopgen/knob/{knob.id}", tuple(values)))
        assert desk.studio.instrument.value(knob.id) == value, knob.id


def test_knobs_are_turned_by_numbers_words_and_nothing(osc: Osc, desk: Desk) -> None:
    value = desk.studio.instrument.value
    say(osc, "/loopgen/knob/tempo_bpm", 132)
    say(osc, "/loopgen/knob/bars", 2.0)
    say(osc, "/loopgen/knob/prompt", "dark techno")
    say(osc, "/loopgen/knob/key", "Am")
    say(osc, "/loopgen/knob/metronome", 1)
    say(osc, "/loopgen/knob/tags", "house", "kick")
    say(osc, "/loopgen/knob/curve_loudness", 0.2, 0.8)
    assert (value("tempo_bpm"), value("bars"), value("prompt"), value("key")) == (132.0, 2, "dark techno", "Am")
    assert (value("metronome"), value("tags")) == (True, ("house", "kick"))
    assert value("curve_loudness") == pytest.approx((0.2, 0.8))
    say(osc, "/loopgen/knob/key", "any")
    say(osc, "/loopgen/knob/curve_loudness")
    assert (value("key"), value("curve_loudness")) == (None, None)
    say(osc, "/loopgen/pattern/kick", *[1.0, 0.0, 0.0, 0.0] * 4)
    assert value("pattern").rows == {"kick": (1.0, 0.0, 0.0, 0.0) * 4}
    say(osc, "/loopgen/pattern/kick")
    assert value("pattern").rows == {}
    say(osc, "/loopgen/pad", 0.25, 0.75)
    assert (value("pad_x"), value("pad_y"), value("pad_on")) == (0.25, 0.75, True)


def test_buttons_press_and_slots_play(osc: Osc, desk: Desk) -> None:
    state = desk.studio.transport
    say(osc, "/loopgen/generate")
    desk.service.finish()
    say(osc, "/loopgen/generate", 1)
    desk.service.finish()
    newest, older = desk.studio.bank.loops()
    say(osc, "/loopgen/bank", 2)
    assert desk.studio.audition.current is not None
    assert desk.studio.audition.current.id == older.id
    say(osc, "/loopgen/swap")
    assert desk.studio.audition.current.id == newest.id
    say(osc, "/loopgen/swap", 0)  # let go
    assert desk.studio.audition.current.id == newest.id
    say(osc, "/loopgen/stop")
    assert not state.state.playing
    say(osc, "/loopgen/play")
    say(osc, "/loopgen/play")
    assert state.state.playing
    say(osc, "/loopgen/generate")
    say(osc, "/loopgen/cancel")
    assert not desk.studio.generation.state.busy


@pytest.mark.parametrize(
    ("address", "values", "told"),
    [
        ("/loopgen/knob/tempo_bpm", (999.0,), "40 to 240"),
        ("/loopgen/knob/tempo_bpm", (float("nan"),), "a number"),
        ("/loopgen/knob/tempo_bpm", ("fast",), "a number"),
        ("/loopgen/knob/tempo_bpm", (), "a number"),
        ("/loopgen/knob/bars", (float("inf"),), "a number"),
        ("/loopgen/knob/seed", (-(2**63),), "whole number"),
        ("/loopgen/knob/key", ("H",), "possible"),
        ("/loopgen/knob/tags", (3, "no"), "does not know"),
        ("/loopgen/knob/reference", (0.1,), "there is no"),
        ("/loopgen/knob/pad_corners", (1, 2), ""),
        ("/loopgen/pattern/kick", (2.0,), ""),
        ("/loopgen/pattern/../../etc", (1.0,), "there is no"),
        ("/loopgen/pad", (0.5,), "a number"),
        ("/loopgen/bank", (0,), "slots"),
        ("/loopgen/bank", ("a.wav",), "slots"),
        ("/loopgen/open", ("/etc/passwd",), "there is no"),
        ("/", (), "there is no"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_changes_nothing(
    osc: Osc, desk: Desk, address: str, values: tuple[float | str, ...], told: str
) -> None:
    before = desk.studio.instrument.values()
    with pytest.raises(InvalidRequest) as error:
        osc.commands.obey(OscMessage(address, values))
    assert told in str(error.value)
    assert "\n" not in str(error.value)
    assert desk.studio.instrument.values() == before


def test_mistakes_are_told_once_in_a_while(desk: Desk) -> None:
    times = iter([0.0, 1.0, TELL_SECONDS + 0.1])
    osc = Osc(desk.studio, list, clock=lambda: next(times))
    said: list[str] = []
    desk.studio.messages.said.connect(lambda message: said.append(message.text))
    for tempo in (900.0, 901.0, 902.0):
        say(osc, "/loopgen/knob/tempo_bpm", tempo)
    assert len(said) == 2
    assert "900" in said[0]
    assert "902" in said[1]


def test_no_address_leads_to_a_file(desk: Desk) -> None:
    """What reads or writes files by name is not within reach of a message: only these attributes are."""
    commands = OscCommands(desk.studio, list)
    reached = {address.split("/")[2] for address in commands.addresses()}
    assert reached == {
        "generate", "cancel", "play", "stop", "swap", "seed", "corners", "undo", "redo", "bank", "pad", "pattern",
        "knob",
    }  # fmt: skip
    assert len(commands.addresses()) == 11 + len(PARTS) + len(settable())


# ---- the ear ---------------------------------------------------------------------------------------------


def test_of_an_address_the_newest_counts_and_there_is_an_end_to_what_waits() -> None:
    inbox = Inbox()
    for tempo in range(1000):
        inbox.put(OscMessage("/loopgen/knob/tempo_bpm", (float(tempo),)))
        inbox.put(OscMessage("/loopgen/generate"))
    assert inbox.take() == [OscMessage("/loopgen/knob/tempo_bpm", (999.0,)), OscMessage("/loopgen/generate")]
    for number in range(1000):
        inbox.put(OscMessage(f"/{number}"))
    assert len(inbox.take()) == MOST_WAITING
    assert inbox.take() == []
    assert inbox.heard == 3000


def test_it_listens_on_this_computer_alone_unless_it_is_opened() -> None:
    listener = OscListener(Inbox())
    listener.start(0)
    assert listener._socket is not None
    assert listener._socket.getsockname()[0] == "127.0.0.1"
    listener.start(0, anywhere=True)
    assert listener._socket.getsockname()[0] == "0.0.0.0"
    listener.close()
    listener.close()
    assert listener.port is None


def test_it_is_off_at_first_and_remembers_being_on(stage: Stage) -> None:
    control = stage.window.actions_.control
    stage.studio.settings.osc_port = _free_port()
    assert not control.osc.on
    assert not control.listen.isChecked()
    control.listen.trigger()
    assert control.osc.on
    assert stage.said() == f"OSC listens on port {stage.studio.settings.osc_port}, to this computer alone."
    assert stage.studio.settings.osc
    control.others.trigger()
    assert stage.said().endswith("to every computer of this network.")
    control.listen.trigger()
    assert not control.osc.on
    assert not stage.studio.settings.osc


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_port_that_another_program_has_is_one_sentence(osc: Osc, desk: Desk) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        desk.studio.settings.osc_port = other.getsockname()[1]
        osc.switch(True)
    assert desk.said() == f"OSC cannot listen on port {desk.studio.settings.osc_port}: Address already in use."
    assert not osc.on
    assert not desk.studio.settings.osc


def rubbish(chance: random.Random) -> bytes:
    whole = bytearray(chance.choice((packed("/loopgen/knob/tempo_bpm", 130.0), bundled(packed("/loopgen/generate")))))
    match chance.randrange(4):
        case 0:
            return chance.randbytes(chance.randrange(200))
        case 1:
            return bytes(whole[: chance.randrange(len(whole))])
        case 2:
            whole[chance.randrange(len(whole))] = chance.randrange(256)
            return bytes(whole)
    return bytes(whole) + chance.randbytes(chance.randrange(9))


def test_rubbish_and_a_flood_leave_the_window_alive(stage: Stage, tmp_path: Path) -> None:
    control = stage.window.actions_.control
    stage.studio.settings.osc_port = _free_port()
    control.osc.switch(True)
    address = ("127.0.0.1", stage.studio.settings.osc_port)
    over = threading.Event()

    def send() -> None:
        chance = random.Random(5)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for _ in range(PACKETS):
                sender.sendto(rubbish(chance), address)
            for count in range(round(1000 * SECONDS)):
                pressed = packed("/loopgen/generate")
                turned = packed("/loopgen/knob/guidance_scale", 1.0 + count % 50 / 10)
                sender.sendto(pressed if count % 10 == 0 else turned, address)
                time.sleep(0.001)  # the pace of the flood, not a wait for anything
        over.set()

    sender = threading.Thread(target=send)
    sender.start()
    stage.qtbot.waitUntil(over.is_set, timeout=60_000 + 10 * PACKETS + round(10_000 * SECONDS))
    sender.join()
    inbox = control.osc.inbox
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as hand:

        def arrived() -> bool:
            hand.sendto(packed("/loopgen/knob/guidance_scale", 7.5), address)
            return bool(stage.value("guidance_scale") == 7.5)

        stage.wait(arrived)
        assert inbox.malformed > 0
        hand.sendto(packed("/loopgen/cancel"), address)
        stage.wait(lambda: not stage.studio.generation.state.busy)
    control.osc.close()
    names = {path.name for path in (tmp_path / "data").iterdir()}
    assert names <= {"autosave.json", "bank", "lock", "loopgen.log", "running", "settings.json"}
