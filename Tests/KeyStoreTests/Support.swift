import Glibc
import KeyStore
import LedgerCrypto
import Synchronization
import TestSupport
import Testing

extension TemporaryFolder {
  /// A folder in memory where that can be had: the tests of crashes sync thousands of times.
  static func inMemory() -> TemporaryFolder {
    TemporaryFolder(in: unsafe access("/dev/shm", W_OK) == 0 ? "/dev/shm" : nil)
  }

  var keys: String { path + "/keys" }

  /// The paths of all files and folders below, a folder before what is in it.
  func files(in folder: String? = nil) -> [String] {
    let folder = folder ?? path
    return (Self.names(in: folder) ?? []).flatMap { ["\(folder)/\($0)"] + files(in: "\(folder)/\($0)") }
  }

  /// The bytes of every file below, by path.
  func contents() -> [String: [UInt8]] {
    var contents: [String: [UInt8]] = [:]
    for file in files() where mode(of: file) & S_IFMT == S_IFREG { contents[file] = readFile(file) }
    return contents
  }
}

func mode(of path: String) -> mode_t {
  var status = stat()
  return unsafe lstat(path, &status) == 0 ? status.st_mode : 0
}

func readFile(_ path: String) -> [UInt8] {
  let descriptor = unsafe open(path, O_RDONLY)
  defer { close(descriptor) }
  return readDescriptor(descriptor)
}

func readDescriptor(_ descriptor: Int32) -> [UInt8] {
  var bytes = [UInt8](repeating: 0, count: Int(lseek(descriptor, 0, SEEK_END)))
  let count = unsafe bytes.withUnsafeMutableBytes { unsafe pread(descriptor, $0.baseAddress, $0.count, 0) }
  return Array(bytes.prefix(max(count, 0)))
}

func writeFile(_ path: String, _ bytes: [UInt8], mode: mode_t = 0o600) throws {
  let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, mode)
  defer { close(descriptor) }
  try #require(descriptor >= 0)
  fchmod(descriptor, mode)
  let count = unsafe bytes.withUnsafeBytes { unsafe write(descriptor, $0.baseAddress, $0.count) }
  try #require(count == bytes.count)
}

func contains(_ haystack: [UInt8], _ needle: [UInt8]) -> Bool {
  haystack.firstRange(of: needle) != nil
}

/// A process that dies before its n-th step: that step and all after it fail.
final class Crash: Sendable {
  private let steps: Mutex<Int>

  init(before step: Int) { steps = Mutex(step) }

  /// Whether it has happened.
  var happened: Bool { steps.withLock { $0 < 0 } }

  func folder(_ path: String) -> PrivateFolder {
    PrivateFolder(path: path) { (step) throws(KeyStoreError) in try self.fail(before: step) }
  }

  func fail(before step: String) throws(KeyStoreError) {
    let isAlive = steps.withLock { steps in
      steps -= 1
      return steps >= 0
    }
    if !isAlive { throw KeyStoreError(.fileFailure, "crashed before: \(step)") }
  }
}

/// A master key from a number, as text.
func master(_ number: UInt8) -> MasterKey.Source {
  .text(Secret(copying: Array(Hex.encode([UInt8](repeating: number, count: 32)).utf8)))
}

let origin = "ledger.example/log"

func create(_ folder: TemporaryFolder) throws -> KeyStore {
  try KeyStore.create(at: folder.keys, origin: origin, master: master(1), createdAt: 1_700_000_000_000)
}

func reopen(_ folder: TemporaryFolder, _ source: MasterKey.Source = master(1)) throws -> KeyStore {
  try KeyStore.open(at: folder.keys, origin: origin, master: source)
}

/// IDs that all fall into the shard `ab`, and differ.
func persons(_ count: Int, shard: UInt8 = 0xAB) -> [PersonID] {
  (0..<count).compactMap { PersonID(bytes: [shard] + [UInt8](repeating: UInt8($0 + 1), count: 15)) }
}

/// A disk that fails, as `crash` says, between two moments only.
final class Revival: Sendable {
  private let crash: Crash
  private let isFailing = Atomic(false)

  init(_ crash: Crash) { self.crash = crash }

  func begin() { isFailing.store(true, ordering: .relaxed) }
  func end() { isFailing.store(false, ordering: .relaxed) }

  func folder(_ path: String) -> PrivateFolder {
    PrivateFolder(path: path) { (step) throws(KeyStoreError) in
      if self.isFailing.load(ordering: .relaxed) { try self.crash.fail(before: step) }
    }
  }
}

/// The mask under which a store makes tokens.
func newestMask(_ store: KeyStore) throws -> BlockMask { try #require(store.tokenMasks.first).mask }

/// The keyed digest of something under a store's newest key.
func lookupHash(_ store: KeyStore, of bytes: [UInt8]) throws -> Digest {
  KeyStore.lookupHash(of: bytes, key: try store.lookupKey.key)
}

/// The lines of a keyring, without the digest.
func keyringLines(_ folder: TemporaryFolder) -> [String] {
  String(decoding: readFile(folder.keys + "/keyring"), as: UTF8.self).split(separator: "\n").dropLast().map(String.init)
}

/// Writes a keyring of these lines, with a digest that is right.
func writeKeyring(_ folder: TemporaryFolder, _ lines: [String]) throws {
  let body = Array((lines.joined(separator: "\n") + "\n").utf8)
  try writeFile(folder.keys + "/keyring", body + Array("sha256 \(SHA256.hash(body).hex)\n".utf8))
}
