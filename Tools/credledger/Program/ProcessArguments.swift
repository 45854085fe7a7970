import CArguments
import Glibc

/// What the process was started with.
enum ProcessArguments {
  /// The arguments, the program's own name first, as the C runtime has them. `CommandLine` reads them from `/proc`, and has
  /// none where that is not mounted, as in a chroot: then each command would look like one for the general help.
  static let all: [String] = (0..<Int(credledger_argument_count())).compactMap {
    unsafe credledger_arguments()[$0].map { unsafe String(cString: $0) }
  }

  /// Whether nothing was given, not even a name, which is no way to start a program. Linux gives an empty name then.
  static var areMissing: Bool { all.isEmpty || all == [""] }

  /// The file of this program.
  static var program: String {
    let own = "/proc/self/exe"
    if unsafe access(own, X_OK) == 0 { return own }
    // What the system started, where there is no /proc.
    return unsafe credledger_program().map { unsafe String(cString: $0) } ?? own
  }
}
