"""The words musicians use: for styles, parts, voices, characters, tempo and era. Data only."""

from collections.abc import Mapping
from typing import Final

STYLE_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "minimal": ("minimal", "minimal techno", "minimal house", "micro house"),
    "house": ("house", "classic house", "house music", "club house", "jackin house"),
    "deep_house": ("deep house", "deep house", "soulful deep house", "late night deep house"),
    "tech_house": ("tech house", "tech-house", "techhouse", "peak time tech house"),
    "techno": ("techno", "techno", "warehouse techno", "peak time techno", "detroit style techno"),
    "dub_techno": ("dub techno", "dub-techno", "dubby techno", "deep dub techno"),
    "acid": ("acid", "acid techno", "acid house", "303 acid"),
    "industrial": ("industrial techno", "industrial", "industrial techno", "raw industrial techno"),
    "electro": ("electro", "electro", "detroit electro", "machine electro"),
    "breakbeat": ("breakbeat", "breaks", "break beat", "breakbeats"),
    "drum_and_bass": ("drum and bass", "drum & bass", "dnb", "drum'n'bass", "jungle style drum and bass"),
    "downtempo": ("downtempo", "trip hop", "downbeat", "chill out", "leftfield downtempo"),
}

ERAS: Final[Mapping[str, tuple[str, ...]]] = {
    "minimal": ("2000s", "modern"),
    "house": ("90s", "old school", "classic"),
    "deep_house": ("90s", "modern"),
    "tech_house": ("modern", "2010s"),
    "techno": ("90s", "modern"),
    "dub_techno": ("90s", "timeless"),
    "acid": ("late 80s", "early 90s", "old school"),
    "industrial": ("modern", "2010s"),
    "electro": ("80s", "old school"),
    "breakbeat": ("90s", "old school"),
    "drum_and_bass": ("90s", "modern"),
    "downtempo": ("90s", "2000s"),
}

PART_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "kick": ("kick", "kick drum", "bass drum", "kicks", "bd"),
    "snare": ("snare",),
    "closed_hat": ("closed hats", "hats", "hi-hats", "hihats", "closed hi-hat", "hh"),
    "open_hat": ("open hats", "open hat", "open hi-hat"),
    "percussion": ("percussion", "perc", "percussion hits", "percs"),
    "bass": ("bass", "bassline", "bass line", "b-line"),
    "lead": ("lead", "synth", "synth line"),
    "pad": ("pad", "pads", "atmosphere", "synth pad", "background pad"),
}
"""Words that are true of a part whatever its voice is."""

VOICE_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "kick_808": ("808 kick", "booming kick"),
    "kick_909": ("909 kick", "909 bass drum"),
    "kick_hard": ("hard kick", "distorted kick"),
    "kick_soft": ("soft kick", "round kick"),
    "kick_electro": ("electro kick", "short kick"),
    "kick_acoustic": ("acoustic kick", "live kick"),
    "kick_dusty": ("dusty kick", "sampled kick"),
    "snare_808": ("808 snare", "snare drum", "snares"),
    "snare_909": ("909 snare", "snare drum", "snares"),
    "snare_acoustic": ("acoustic snare", "live snare", "snare drum"),
    "snare_noise": ("noise snare", "snares", "snare drum"),
    "clap": ("clap", "claps", "hand claps", "handclap"),
    "clap_snare": ("clap", "layered clap", "claps and snare"),
    "rimshot": ("rim", "rimshot", "rim shots", "rims"),
    "snap": ("finger snap", "snaps", "finger snaps"),
    "closed_808": ("808 hats", "808 hi-hats"),
    "closed_909": ("909 hats", "909 hi-hats"),
    "closed_noise": ("noise hats", "hissy hats"),
    "closed_fm": ("metallic hats", "digital hats"),
    "closed_ride": ("ride", "ride cymbal"),
    "open_808": ("808 open hat", "808 open hats"),
    "open_909": ("909 open hat", "909 open hats"),
    "open_noise": ("noisy open hat",),
    "open_fm": ("metallic open hat",),
    "open_ride": ("ride", "ride cymbal", "rides"),
    "tom": ("toms", "tom", "tom drums"),
    "conga": ("congas", "conga"),
    "bongo": ("bongos", "bongo"),
    "cowbell": ("cowbell", "cow bell"),
    "claves": ("claves", "clave"),
    "woodblock": ("woodblock", "wood blocks"),
    "shaker": ("shaker", "shakers"),
    "tambourine": ("tambourine",),
    "blip": ("blips", "bleepy percussion"),
    "glitch": ("glitches", "glitchy percussion", "clicks"),
    "zap": ("zaps", "laser zaps"),
    "metal": ("metallic percussion", "metal hits"),
    "burst": ("noise bursts", "noise hits"),
    "sub": ("sub bass", "sub", "sine bass"),
    "acid_bass": ("acid bass", "303 bassline", "acid bassline", "303"),
    "reese": ("reese bass", "reese", "detuned bass"),
    "fm_bass": ("fm bass", "digital bass"),
    "pluck_bass": ("plucked bass", "bouncy bass"),
    "organ_bass": ("organ bass",),
    "dirty_bass": ("dirty bass", "growling bass", "distorted bass"),
    "boom": ("808 bass", "booming bass"),
    "acid_line": ("acid line", "303 line", "squelchy acid", "303"),
    "pluck": ("pluck", "plucks", "plucked synth"),
    "string": ("plucked string", "string plucks"),
    "bleep": ("bleeps", "bleep", "bleepy synth"),
    "fm_bell": ("bells", "bell tones", "fm bells"),
    "arp": ("synth sequence", "saw lead", "sequencer line"),
    "formant": ("vocal synth", "vowel synth", "talking synth"),
    "brass": ("brass", "synth brass"),
    "marimba": ("marimba", "mallets"),
    "dub_stab": ("dub chords", "dub stabs", "dubby chords"),
    "saw_stab": ("stabs", "synth stabs", "rave stabs"),
    "organ_stab": ("organ", "organ stabs", "organ chords"),
    "house_piano": ("piano", "house piano", "piano chords"),
    "electric_piano": ("electric piano", "rhodes", "keys"),
    "chip_stab": ("chip stabs", "8 bit synth", "chiptune synth"),
    "sampled_stab": ("sampled stabs", "sampled chords", "rave stabs"),
    "saw_pad": ("saw pad", "analog pad"),
    "pwm_pad": ("pwm pad", "analog pad", "juno pad"),
    "strings": ("strings", "string pad", "string machine"),
    "drone": ("drone", "deep drone", "drones"),
    "glass": ("glassy pad", "glass pad"),
    "choir": ("choir", "choir pad", "vocal pad"),
    "texture": ("texture", "noise texture", "airy texture"),
    "organ_pad": ("organ pad", "organ"),
}
"""Words that are true of one voice."""


def part_words(part: str, voice: str) -> tuple[str, ...]:
    """Words that are true of `part` played by `voice`, the voice's own twice as likely as the plain ones."""
    plain = () if part == "snare" and voice in NOT_SNARES else PART_WORDS[part]
    return plain + 2 * VOICE_WORDS.get(voice, ())


NOT_SNARES: Final = ("clap", "rimshot", "snap")

CHARACTER_WORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "dark": ("dark", "moody", "gloomy", "murky", "brooding"),
    "bright": ("bright", "crisp", "shiny", "sparkling"),
    "warm": ("warm", "cosy", "mellow", "round"),
    "clean": ("clean", "polished", "clear"),
    "distorted": ("distorted", "dirty", "gritty", "crunchy", "overdriven"),
    "lo_fi": ("lo-fi", "lofi", "lo fi", "dusty", "grainy"),
    "dry": ("dry", "tight", "upfront"),
    "wet": ("spacious", "wet", "reverb-heavy", "echoing", "atmospheric"),
    "sparse": ("sparse", "stripped back", "bare", "empty", "reduced"),
    "busy": ("busy", "dense", "packed", "lively"),
    "swung": ("swinging", "swung", "shuffled", "shuffling"),
    "four_on_the_floor": ("four on the floor", "four-to-the-floor", "4x4", "straight 4/4"),
    "broken": ("broken", "syncopated", "broken-beat"),
    "hard": ("hard", "punchy", "aggressive", "banging"),
    "soft": ("soft", "gentle", "smooth", "calm"),
    "sub": ("subby", "sub-heavy", "bass-heavy"),
    "evolving": ("evolving", "changing", "developing"),
    "hypnotic": ("hypnotic", "repetitive", "loopy", "mesmerizing"),
}

CHARACTER_PHRASES: Final[Mapping[str, tuple[str, ...]]] = {
    "wet": ("lots of reverb", "big space", "long echoes"),
    "dry": ("hardly any reverb", "dry mix"),
    "swung": ("swing", "a shuffle", "swung sixteenths"),
    "four_on_the_floor": ("a four on the floor kick", "a kick on every beat", "4/4 kick"),
    "broken": ("a broken kick pattern", "broken beats", "a syncopated kick"),
    "sub": ("sub bass", "deep low end", "heavy sub"),
    "distorted": ("distortion", "a distorted edge", "saturation"),
    "lo_fi": ("tape feel", "lo-fi character"),
    "sparse": ("lots of space", "few elements"),
    "busy": ("lots going on", "many notes"),
    "evolving": ("changes over time", "movement"),
    "hypnotic": ("the same bar over and over", "a hypnotic feel"),
}
"""Said after "with"."""

TEMPO_WORDS: Final[tuple[tuple[float, float, tuple[str, ...]], ...]] = (
    (0, 80, ("very slow", "slow", "crawling")),
    (80, 100, ("slow", "laid back", "slow tempo")),
    (100, 118, ("mid tempo", "midtempo", "medium tempo")),
    (118, 133, ("club tempo", "uptempo", "dancefloor tempo")),
    (133, 150, ("fast", "driving tempo", "uptempo")),
    (150, 1000, ("very fast", "fast", "high speed")),
)
"""From (BPM), below (BPM), words."""

NOUNS: Final = ("loop", "groove", "beat", "track", "pattern", "sequence")
DRUM_NOUNS: Final = ("beat", "drum loop", "drums", "drum groove", "rhythm")
BEATLESS_NOUNS: Final = ("loop", "breakdown", "sequence", "interlude", "ambience")


def all_words() -> tuple[str, ...]:
    """Every phrase above, once, in order: what captions are made of besides figures, keys and numbers."""
    tables = (STYLE_WORDS, ERAS, PART_WORDS, VOICE_WORDS, CHARACTER_WORDS, CHARACTER_PHRASES)
    phrases = [phrase for table in tables for row in table.values() for phrase in row]
    phrases += [phrase for _, _, row in TEMPO_WORDS for phrase in row]
    return tuple(dict.fromkeys((*phrases, *NOUNS, *DRUM_NOUNS, *BEATLESS_NOUNS)))
