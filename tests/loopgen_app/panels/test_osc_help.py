"""The page on OSC says every address, and its example works."""

from conftest import Desk

from loopgen_app.panels.osc_help import EXAMPLE, OscHelp, page
from loopgen_app.remote.osc_commands import OscCommands
from loopgen_app.remote.osc_packets import OscMessage


def test_the_page_has_every_address_with_its_range(desk: Desk) -> None:
    commands = OscCommands(desk.studio, list)
    text = page(9127, commands.addresses())
    assert all(address in text for address in commands.addresses())
    line = next(line for line in text.splitlines() if line.startswith("/loopgen/knob/tempo_bpm"))
    assert line.endswith("40 to 240 BPM")


def test_the_python_example_does_what_it_says(desk: Desk) -> None:
    class Client:
        """Sends to the commands at hand."""

        def __init__(self, _host: str, port: int) -> None:
            assert port == 9127

        def send_message(self, address: str, values: object) -> None:
            listed = tuple(values) if isinstance(values, list) else (values,)
            commands.obey(OscMessage(address, listed))
            if address.endswith("generate"):
                desk.service.finish()

    commands = OscCommands(desk.studio, lambda: [loop.id for loop in desk.studio.bank.loops()])
    code = [line.strip() for line in EXAMPLE.format(port=9127).splitlines() if line.strip().startswith("loopgen")]
    exec("\n".join(code), {"SimpleUDPClient": Client})
    assert desk.studio.instrument.value("tempo_bpm") == 132.0
    assert desk.studio.instrument.value("pattern").rows == {"kick": (1.0, 0.0, 0.0, 0.0) * 4}
    assert desk.studio.audition.current is not None


def test_the_page_stays_open_beside_the_window(desk: Desk) -> None:
    sheet = OscHelp(9127, OscCommands(desk.studio, list).addresses(), None)  # type: ignore[arg-type]
    desk.show(sheet)
    assert sheet.text.isReadOnly()
    assert "/loopgen/pad" in sheet.text.toPlainText()
