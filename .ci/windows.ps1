# On Windows 10 or newer, in PowerShell 5.1 or newer, with Python 3.11 or newer as `py`: installs from scratch, tests, builds the
# standalone program and checks it: `powershell -File .ci\windows.ps1 -Out DIR` leaves DIR\loopgen and DIR\LoopGen.zip. Qt
# and PortAudio come with their wheels. -Tests:$false leaves the tests out.
param([Parameter(Mandatory)][string]$Out, [bool]$Tests = $true)
$ErrorActionPreference = "Stop"
function Invoke-Checked([string]$Program, [string[]]$Arguments) {
    & $Program @Arguments
    if ($LASTEXITCODE -ne 0) { throw "$Program $Arguments ended with $LASTEXITCODE" }
}
New-Item -ItemType Directory -Force $Out | Out-Null
$Out = (Resolve-Path $Out).Path
Set-Location (Join-Path $PSScriptRoot "..")
$Environment = Join-Path ([IO.Path]::GetTempPath()) ([IO.Path]::GetRandomFileName())
try {
    Invoke-Checked "py" @("-3", "-m", "venv", $Environment)
    $Python = Join-Path $Environment "Scripts\python.exe"
    Invoke-Checked $Python @("-m", "pip", "install", "-q", "-e", ".[test]", "pyinstaller")
    if ($Tests) {
        $env:QT_QPA_PLATFORM = "offscreen"; $env:OMP_NUM_THREADS = "1"
        Invoke-Checked $Python @("-m", "pytest", "-q", "-n", "2")
        Remove-Item Env:QT_QPA_PLATFORM
    }
    Invoke-Checked $Python @("-m", "PyInstaller", "--noconfirm", "--workpath", "$Environment\work", "--distpath", $Out, ".ci\loopgen.spec")
    # As .ci/smoke does elsewhere: it starts, says what works, renders a loop and shows its window.
    $Program, $Loop, $Picture = "$Out\loopgen\loopgen.exe", "$Environment\loop.wav", "$Environment\window.png"
    Invoke-Checked $Program @("--version")
    & $Program doctor
    Invoke-Checked $Program @("render", "--tag", "techno", "--bpm", "126", "--bars", "4", "--seed", "7", "--out", $Loop)
    if ((Get-Item $Loop).Length -le 1000000) { throw "The loop is too short." }
    Invoke-Checked $Program @("--screenshot", $Picture)
    if ((Get-Item $Picture).Length -le 50000) { throw "The window is empty." }
    Compress-Archive -Force -Path "$Out\loopgen" -DestinationPath "$Out\LoopGen.zip"
    Write-Output "$Out\LoopGen.zip"
} finally {
    Remove-Item -Recurse -Force $Environment -ErrorAction SilentlyContinue
}
