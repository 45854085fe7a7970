extension Environment {
  /// How an environment is opened.
  package struct Options: Sendable {
    /// What may be done with an environment.
    package enum Access: Sendable {
      /// Reads and writes; one process at a time.
      case readWrite
      /// Reads, while another process may write. LMDB still writes its lock file.
      case readOnly
      /// Reads a file that nobody writes, such as a backup, and leaves the folder as it is: without a lock file.
      case frozen
    }

    /// What may be done.
    package var access: Access
    /// Size of the map, in bytes, rounded up to whole pages: the limit of the file's size until the map grows. It takes
    /// address space only; the file takes disk for the pages in use. A greater size the file already grew to wins. Where
    /// the system refuses the address space, half of it is tried, down to 1 GiB.
    package var mapSize: Int
    /// Where ``Environment/growMap(waitingAtMost:)`` stops, in bytes.
    package var maximumMapSize: Int
    /// How many tables may be open.
    package var maximumTables: Int
    /// How many transactions this process may have open at once. Each takes 128 bytes, and some 3 KB when first used.
    package var maximumReaders: Int

    /// The defaults: reading and writing, a map of 64 GiB that grows up to 1 TiB, 64 tables, 1,024 readers.
    package init(
      access: Access = .readWrite, mapSize: Int = 64 << 30, maximumMapSize: Int = 1 << 40, maximumTables: Int = 64,
      maximumReaders: Int = 1_024
    ) {
      self.access = access
      self.mapSize = mapSize
      self.maximumMapSize = maximumMapSize
      self.maximumTables = maximumTables
      self.maximumReaders = maximumReaders
    }
  }
}
