import Glibc

/// The end of a process that met a file whose structure is damaged: LMDB follows what a page says, wherever that leads.
enum StructureFault {
  private static let words: StaticString = """
    error: reading the ledger ended the program: the structure of its data file is damaged, most likely; run \
    'credledger verify', and restore a backup [damaged]

    """

  /// Ends this process with words and the status for a ledger that could not be read, where a signal would end it.
  ///
  /// A process that examines a file on behalf of another is left to the signal, from which that one draws its own
  /// conclusion.
  static func explain() {
    guard !ExaminingProcess.isUnderWay else { return }
    for signal in [SIGBUS, SIGSEGV, SIGABRT] {
      var action = sigaction()
      // Nothing here but two calls of the system, since anything may be broken.
      unsafe action.__sigaction_handler.sa_handler = { _ in
        let words = StructureFault.words
        unsafe _ = Glibc.write(STDERR_FILENO, words.utf8Start, words.utf8CodeUnitCount)
        _exit(3)
      }
      unsafe sigaction(signal, &action, nil)
    }
  }
}
