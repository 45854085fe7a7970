import Glibc
import Synchronization

/// The socket in a ledger's folder by which operators reach the server that has the ledger open.
final class DoorSocket: Sendable {
  /// Its name in the folder.
  static let name = "operator.socket"

  /// What to bind or connect to. The names of sockets have at most 107 bytes, those of folders have more: it goes by the
  /// folder's descriptor.
  let path: String
  private let file: String
  private let folder: Int32

  /// - Parameter ledger: the ledger's folder.
  init(in ledger: String) {
    file = "\(ledger)/\(Self.name)"
    folder = unsafe open(ledger, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    let short = "/proc/self/fd/\(folder)"
    // Where /proc is not mounted, the folder's own name must do.
    let isShort = unsafe access(short, F_OK) == 0
    path = folder >= 0 && isShort ? "\(short)/\(Self.name)" : file
  }

  deinit { if folder >= 0 { close(folder) } }

  /// Removes what a server left behind that was killed. Only for the process that has the ledger open for writing.
  func remove() { unsafe _ = unlink(file) }

  /// Leaves the socket to the owner of the ledger alone, and looks at what came of it: not every file system keeps modes, and
  /// what goes by the name may be another's.
  ///
  /// - Returns: whether the name is that of a socket of this process's user with mode 0600.
  func protect() -> Bool {
    guard mode != nil else { return false }
    unsafe _ = chmod(file, 0o600)
    let isProtected = mode == 0o600
    self.isProtected.store(isProtected, ordering: .releasing)
    return isProtected
  }

  /// The mode of the socket; nil where there is none, or it belongs to another user. No link is followed.
  private var mode: mode_t? {
    var status = stat()
    guard unsafe lstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFSOCK, status.st_uid == geteuid() else {
      return nil
    }
    return status.st_mode & 0o7777
  }

  private let isProtected = Atomic(false)

  /// Whether the socket was found to be its owner's alone. Returns once that is known.
  func isOwnersAlone() async -> Bool {
    await settled()
    return isProtected.load(ordering: .acquiring)
  }

  private let waiting = Mutex<[CheckedContinuation<Void, Never>]?>([])

  /// Notes that it is open, or that it will not be.
  func settle() {
    let all = waiting.withLock { waiting in
      defer { waiting = nil }
      return waiting ?? []
    }
    for continuation in all { continuation.resume() }
  }

  /// Returns once it is known whether the socket is open, so that commands can be sent as soon as the server says that it listens.
  func settled() async {
    await withCheckedContinuation { continuation in
      let isSettled = waiting.withLock { waiting in
        waiting?.append(continuation)
        return waiting == nil
      }
      if isSettled { continuation.resume() }
    }
  }

  /// Whether somebody listens.
  var isOpen: Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard bytes.count < room else { return false }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { target in
      for (index, byte) in bytes.enumerated() { unsafe target[index] = byte }
    }
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return unsafe withUnsafePointer(to: &address) {
      unsafe $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    } == 0
  }
}

/// Users of the system.
enum SystemUser {
  /// The name of a user; its number where it has none.
  static func name(_ id: uid_t) -> String {
    var entry = unsafe passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16_384)
    let status = unsafe getpwuid_r(id, &entry, &buffer, buffer.count, &found)
    guard status == 0, unsafe found != nil, let name = unsafe entry.pw_name else { return String(id) }
    return unsafe String(cString: name)
  }
}
