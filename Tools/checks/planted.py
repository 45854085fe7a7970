"""The clean tree of the self-test, and the violations that are planted in it."""

from dataclasses import dataclass

from rules.layers import ALLOWED
from rules.recipes import OF_EVENTS, OF_PROJECTIONS


@dataclass(frozen=True)
class Plant:
    """One violation: `new` in place of `old`, which the rule must report there, or at a path and line, and no other rule may."""

    rule: str
    path: str
    old: str
    new: str
    line_offset: int = 0
    at: tuple[str, int] | None = None


def manifest() -> str:
    """A Package.swift that declares what the layers allow."""
    lines = ['let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")']
    for target, allowed in ALLOWED.items():
        names = ["protobuf" if name == "SwiftProtobuf" else f'"{name}"' for name in [target, *sorted(allowed)]]
        lines.append(f"library({', '.join(names)}),")
    return "\n".join(lines) + "\n"


# What looks like a violation and is none.
SWIFT = r'''
public import LedgerCrypto
import Glibc
// try! as! x! nonisolated(unsafe) fatalError("TO" "DO") import Foundation /* public var undocumented */
/* public struct Hidden {
   /* nested */ try! open() */
/// A vault.
///
/// Sendable: the handle is written in the initialiser only.
@safe
public final class Vault: Base<Int>,
  @unchecked Sendable
{
  /// The number of bytes.
  @inlinable
  public var count: Int { isEmpty != true && !isEmpty ? 1 : bytes!=other ? 2 : 3 }
  public let id: Int
  private var next: Int { id.rawValue &+ 1 + max(id.rawValue, 1) }
  private var note = "stop! \(!isEmpty) \"x\"! public var y try!" + #"a "quoted"! \(x!) text"#
  private var page = """
    public func undocumented() { value! }
    "quoted"! \(read(")!"))
    """
  var `quick!`: Int { [!flag].count + (!flag ? 1 : 2) }

  public init(id: Int, at place: (Int, [Int])) {
    self.id = id
  }

  public static func == (left: Vault, right: Vault) -> Bool { left.id == right.id }
}

/// What can be opened.
public protocol Openable {
  /// Opens it.
  func open()
}

extension Vault: Openable {
  public func open() { guard handle != nil else { fatalError("No handle: the vault was closed.") } }
}
'''

DOCUMENT = """# Vault

See [the sources](../Sources/KeyStore/Vault.swift), [the web](https://example.org/a/b), <doc:Concepts>,
[above](#vault) and ``Vault``. In code, `[x](nowhere)` is no link; a path such as /var/lib/ledger is nobody's.

```
[x](nowhere)
```

[top]: ../README.md#start
"""

SHOW = """import Glibc

func show(_ text: String) {
  print(text)
}
"""

CALL = """/// The book.
///
/// ```swift
/// let page = try book.open(at: 1)
/// // Pages begin with one.
/// ```
public struct Book {}
"""

CALLED = """  @Test func opens() throws {
    let page = try book.open(at: 1)
  }
"""

OPEN_VAULT = """/// Opens a vault.
package struct OpenVault: RequestedCommand {}
"""

CLEAN = {
    "Package.swift": manifest(),
    "README.md": "# Start\n\nRun `Tools/start`, then `Tools/test`; see [Vault](Documents/Vault.md).\n\n"
    "```swift\n// A call.\nlet page = 1\n```\n",
    "Tools/examples/embedded/Sources/main.swift": "let page = 1\n",
    "Documents/Vault.md": DOCUMENT,
    "CONTRIBUTING.md": "# Add\n\nRun `Tools/start now`, edit `KeyStore/V….swift` and `Sources/<Target>/Vault.swift`; a/b is none.\n",
    "Sources/CredentialLedger/CredentialLedger.docc/Concepts.md": "# Concepts\n\n```swift\nlet page = try book.open(at: 1)\n```\n",
    "Sources/CredentialLedger/Book.swift": CALL,
    "Tests/CredentialLedgerTests/DocumentedCallsTests.swift": CALLED,
    "Sources/LedgerEngine/Errors/Fault.swift": "/// A fault.\npublic struct Fault { let place = 1 }\n",
    "Sources/LedgerEngine/Core/Shelf.swift": "/// A shelf.\npackage struct Shelf { let ledger: Int }\n",
    "Sources/LedgerEngine/Opening/Door.swift": "/// A door: it takes a Fault.\npackage struct Door { let fault: Fault }\n\n"
    "extension Ledger {\n  /// Opens it.\n  package func openDoor() {}\n}\n",
    "Sources/KeyStore/Vault.swift": SWIFT,
    "Sources/LedgerDomain/Command.swift": "import LedgerEvents\n",
    "Sources/LedgerDomain/Vaults/OpenVault.swift": OPEN_VAULT,
    "Tests/LedgerDomainTests/OpenVaultTests.swift": "let (a, b) = (OpenVault(), ShutVault())\n",
    "Tests/ProjectionsTests/Walk+Vaults.swift": "let a = OpenVault()\n",
    "Sources/LedgerEvents/Generated/token.pb.swift": "import Foundation\npublic var x: Int!\n" + "\n" * 500,
    "Tests/KeyStoreTests/LongTests.swift": "// length: one table of the standard's vectors\n" + "\n" * 500,
    "Tests/KeyStoreTests/VaultTests.swift": """@Suite struct VaultTests {
  @Test func opens() {}
  @Test("It closes") func closes() {}
  @Test func `It opens again`() {}
}
""",
    "SECURITY.md": '# Security\n\n| `VaultTests/opens`; `KeyStoreTests.VaultTests` "It closes", "It opens again"; `LongTests.swift` |\n',
    "Tools/start": "#!/usr/bin/env bash\n",
    "Tools/credledger/Show.swift": SHOW,
    "Schemas/events/list.txt": "# Events.\n1    vault.opened    VaultOpened\n",
    "Schemas/events/v1/vault.proto": "// vault.opened: somebody\n// opened it.\nmessage VaultOpened {}\n",
    "Tests/LedgerEventsTests/Golden/types.txt": "1 1 vault.opened\n",
    "Tests/LedgerEventsTests/Golden/vault.opened.v1.hex": "00\n",
    "Tests/LedgerEventsTests/SamplesOfVaults.swift": "let a: LedgerEvent = .vaultOpened(.init())\n",
    "Sources/Projections/Directory/Directory.swift": "enum Directory { static let schemaVersion = 1 }\n",
} | {path: "let a: LedgerEvent = .vaultOpened(.init())\n" for path in OF_EVENTS} | {
    path: f"let a = {form.format(type='Directory', digest='directory')}\n" for path, form in OF_PROJECTIONS.items()
}

LIST = "Schemas/events/list.txt"
GOLDEN = "Tests/LedgerEventsTests/Golden"
SECURITY = "SECURITY.md"
LONG = "Tests/KeyStoreTests/LongTests.swift"
VAULT = "Sources/KeyStore/Vault.swift"
COMMAND = "Sources/LedgerDomain/Command.swift"
VAULTS = "Sources/LedgerDomain/Vaults/OpenVault.swift"
KEY_STORE = 'library("KeyStore", "CPlatform", "LedgerCrypto", "LedgerFiles")'
EVENTS = "import LedgerEvents\n"
NOTE = "  private var note"

PLANTS = [
    Plant("layers", VAULT, "import Glibc", "import LMDB"),
    Plant("layers", VAULT, "import Glibc", "import struct EventLog.Position"),
    Plant("layers", VAULT, "import Glibc", "@_exported public import COpenSSL"),
    Plant("layers", VAULT, "import Glibc", "import Glibc; import CLMDB"),
    Plant("layers", VAULT, "import Glibc", "import Dispatch"),
    Plant("layers", COMMAND, EVENTS, "import Glibc\n"),
    Plant("layers", "Sources/Elsewhere/New.swift", "", "import Glibc\n"),
    Plant("layers", "Package.swift", KEY_STORE, 'library("KeyStore", "LMDB", "CPlatform", "LedgerCrypto", "LedgerFiles")'),
    Plant("layers", "Package.swift", KEY_STORE, 'library("KeyStore", "CPlatform", "LedgerFiles")'),
    Plant("layers", "Package.swift", KEY_STORE, KEY_STORE + ', library("Extra", "LMDB")'),
    Plant("folders", "Sources/LedgerEngine/Errors/Fault.swift", "place = 1", "place: Door?"),
    Plant("folders", "Sources/LedgerEngine/Core/Shelf.swift", "ledger: Int", "ledger: Int = ledger.openDoor()"),
    Plant("folders", "Sources/LedgerEngine/Core/Shelf.swift", "}\n", "}\n\nextension Ledger { var a: Int { openDoor() } }\n", line_offset=2),
    Plant("folders", "Sources/LedgerEngine/Attic/New.swift", "", "import Glibc\n"),
    Plant("foundation", VAULT, "import Glibc", "import Foundation"),
    Plant("foundation", COMMAND, EVENTS, "private import struct FoundationEssentials.Date\n"),
    Plant("foundation", VAULT, "import Glibc", "internal import FoundationNetworking"),
    Plant("forbidden", VAULT, NOTE, "  let a = try! open()\n" + NOTE),
    Plant("forbidden", VAULT, NOTE, "  let a = b as! Int\n" + NOTE),
    Plant("forbidden", VAULT, NOTE, "  let a = table[1]!.name\n" + NOTE),
    Plant("forbidden", VAULT, NOTE, '  let a = "\\(value!)"\n' + NOTE),
    Plant("forbidden", VAULT, NOTE, '  let a = #"\\#(value!)"#\n' + NOTE),
    Plant("forbidden", VAULT, NOTE, "  var a: Int!\n" + NOTE),
    Plant("forbidden", VAULT, NOTE, "  var a: [Int]! = nil\n" + NOTE),
    Plant("forbidden", LONG, "\n\n", "\nlet a = first()!\n", line_offset=1),
    Plant("forbidden", VAULT, "No handle:", "Todo:"),
    Plant("forbidden", VAULT, NOTE, "  nonisolated(unsafe) var a = 1\n" + NOTE),
    Plant("forbidden", VAULT, "/// Sendable: the", "/// The", line_offset=3),
    Plant("length", LONG, "// length: one", "// One", line_offset=400),
    Plant("length", LONG, "// length: one table of the standard's vectors", "// length:", line_offset=400),
    Plant("length", "Tools/start", "bash\n", "bash\n" + "\n" * 400, line_offset=400),
    Plant("length", "Tools/rows.py", "", "\n" * 401, line_offset=400),
    Plant("wording", VAULT, "/// A vault.", "/// A vault in /" + "home/me/vault."),
    Plant("wording", "README.md", "# Start", "# Start in `/" + "opt/ledger`"),
    Plant("wording", "Documents/Vault.md", "https://example.org/a/b", "https://registry.pkg" + ".dev/a/b"),
    Plant("wording", VAULT, "/// A vault.", "/// A vault. FIX" + "ME: lock it."),
    Plant("wording", VAULT, "/// A vault.", "/// A vault, as in elsewhere" + ".md."),
    Plant("links", "README.md", "Documents/Vault.md", "Documents/Missing"),
    Plant("links", "CONTRIBUTING.md", "KeyStore/V….swift", "KeyStore/W….swift"),
    Plant("links", "CONTRIBUTING.md", "Tools/start", "Tools/begin"),
    Plant("links", "Documents/Vault.md", "../README.md#start", "../README.txt"),
    Plant("links", "Documents/Vault.md", "<doc:Concepts>", "<doc:Conceits>"),
    Plant("links", "Documents/Vault.md", "../Sources", "../../Sources"),
    Plant("named_tests", SECURITY, "`VaultTests/opens`", "`VaultTests/shuts`"),
    Plant("named_tests", SECURITY, "It opens again", "It opens twice"),
    Plant("named_tests", SECURITY, "`KeyStoreTests.VaultTests`", "`LMDBTests.VaultTests`"),
    Plant("recipes", VAULTS, "Command {}\n", "Command {}\n\n/// Made once.\npackage struct CreateLedger: Command {}\n", line_offset=3),
    Plant("recipes", VAULTS, "Command {}\n", "Command {}\n\n/// Shuts it.\npackage struct ShutVault: Command {}\n", line_offset=3),
    Plant("recipes", LIST, "1    vault", "# vault", line_offset=-1),
    Plant("recipes", LIST, "VaultOpened\n", "VaultOpened    2\n"),
    Plant("recipes", "Schemas/events/v1/vault.proto", "// vault.opened:", "// Here", at=(LIST, 2)),
    Plant("recipes", f"{GOLDEN}/types.txt", "1 1", "2 1", at=(LIST, 2)),
    Plant("recipes", "Tests/LedgerEventsTests/SamplesOfVaults.swift", ".vaultOpened", ".vaultShut", at=(LIST, 2)),
    *(Plant("recipes", path, ".vaultOpened", ".vaultShut") for path in OF_EVENTS),
    Plant("recipes", "Sources/Projections/Directory/Directory.swift", "schema", "", at=("Sources/Projections", 1)),
    *(Plant("recipes", path, "let a = ", "let a = no") for path in OF_PROJECTIONS),
    Plant("documentation", VAULT, "/// What can be opened.\n", ""),
    Plant("documentation", VAULT, "  /// Opens it.\n", ""),
    Plant("documentation", VAULT, "    self.id = id\n", "    self.id = id + 1\n", line_offset=-1),
    Plant("examples", "Sources/CredentialLedger/Book.swift", "book.open(at: 1)", "book.open()"),
    Plant("examples", "README.md", "let page = 1\n", "let page = 2\n"),
    Plant("examples", "Sources/CredentialLedger/CredentialLedger.docc/Concepts.md", "at: 1", "at: 2"),
    Plant("arithmetic", VAULT, NOTE, "  let a = id.rawValue + 1\n" + NOTE),
    Plant("arithmetic", VAULT, NOTE, "  let a = (last?.rawValue ?? 0) + 1\n" + NOTE),
    Plant("arithmetic", VAULT, NOTE, "  let a = time.milliseconds * 1_000\n" + NOTE),
    Plant("arithmetic", VAULT, NOTE, "  let a = \"\\(time.seconds - 1)\"\n" + NOTE),
    Plant("arithmetic", VAULT, NOTE, "  let a = issued + lifetime.components.seconds\n" + NOTE),
    Plant("arithmetic", VAULT, NOTE, "  let a = 1_000 * times[0].last(of: (b))?.seconds\n" + NOTE),
    Plant("arithmetic", VAULT, NOTE, "  let a = head - (b ?? c).rawValue\n" + NOTE),
    Plant("arithmetic", VAULT, NOTE, "  end += id.rawValue\n" + NOTE),
    Plant("arithmetic", VAULT, NOTE, "  end -= time.milliseconds\n" + NOTE),
    Plant("arithmetic", COMMAND, EVENTS, EVENTS + "let a = key.number - 1\n", line_offset=1),
    Plant("output", "Tools/credledger/Show.swift", "print(text)", "Swift.print(text)"),
    Plant("output", "Tools/credledger/Show.swift", "print(text)", "unsafe puts(text)"),
    Plant("output", "Tools/credledger/Show.swift", "print(text)", "debugPrint(text)"),
    Plant("output", "Tools/credledger/Show.swift", "print(text)", "write(text, to: STDOUT_FILENO)"),
    Plant("output", "Tools/credledger/Show.swift", "print(text)", "unsafe fputs(text, stderr)"),
    Plant("examples", "Sources/CredentialLedger/Book.swift", "/// ```\n", "/// book.close()\n/// ```\n"),
]
