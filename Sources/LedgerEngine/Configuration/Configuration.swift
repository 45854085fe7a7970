public import EventLog
import Glibc
public import KeyStore
public import LedgerCrypto
public import LedgerDomain
import LedgerEvents
public import TransparencyLog

/// How a ledger is opened. The clock, the randomness and the signer are parameters, so that a test or a simulation can
/// give its own.
public struct LedgerConfiguration: Sendable {
  /// Where the master key is; nil takes the environment variable `CREDLEDGER_MASTER_KEY` where it is set, else the credential
  /// `credledger.master-key` of the service manager where there is one, and the file in the key folder otherwise.
  public var masterKey: MasterKey.Source?
  /// Tells the time, in milliseconds since the Unix epoch. See ``Ledger/now`` for what is made of it.
  public var clock: Clock
  /// Tells milliseconds on a clock that nobody sets and that goes on while the machine sleeps: ``clock`` is compared with it. Nil
  /// where there is none; then a clock that is set forward passes for time. Unless given, the system's boot-time clock where the
  /// clock is the system's, and none where it is another.
  public var uptime: Clock?
  /// How far the clock may be set without a word: ten seconds unless set. A greater step is refused with `clock_stepped`, and a
  /// clock that is so much behind the newest event with `clock_behind`, until it is right or ``Ledger/acceptClock(context:)``.
  public var clockTolerance: Duration
  /// Whether the clock is synchronised, as the kernel says unless set: then a step forward is taken once it has been steady for
  /// half a minute.
  public var isClockSynchronized: @Sendable () -> Bool
  /// Where PINs, secrets, IDs and nonces come from.
  public var random: any RandomSource
  /// Signs checkpoints; nil signs by the ledger's own key.
  public var signer: (any NoteSigner)?
  /// Signs for the ledger's own key where that is kept elsewhere: see ``Keys/rotateSigningKey(to:verifierKey:context:)``.
  public var signingKey: (any SigningKeyProvider)?
  /// When checkpoints are signed.
  public var checkpoints: CheckpointPolicy
  /// How many PINs may be made and tried wrongly over all numbers, for each connector and altogether.
  public var pinBudgets: PINBudgets
  /// How soon, and how often, persons may erase themselves. Operators are not limited.
  public var selfErasures = SelfErasureLimits()
  /// A file on another device that keeps the newest checkpoint; nil keeps none. Each opening is refused with
  /// `behind_checkpoint` or `contradicts_checkpoint` where the ledger is not the one that the file speaks of or a later
  /// state of it, and with `invalid_checkpoint` where the file holds anything else; so a cut-off tail or an old copy is
  /// noticed. The first opening for writing makes a file that is not there yet, and there is no protection before; a
  /// folder that is not there is refused with `storage`. This does not protect against someone who can modify both.
  public var witnessFile: String?
  /// The folder of the archive from which records are read that are no longer in the live file; nil for none. Opening is
  /// refused with `not_found` or `foreign_archive` where it is none of this ledger. What is read is verified against the tree.
  public var archive: String?
  /// The folder for what a verification or a state of the past needs on disk for a while, some gigabytes for millions of
  /// objects; nil for the folder that the ledger's is in. It must be there.
  public var scratch: String?
  /// How many requests may wait for the writer.
  public var queueCapacity: Int
  /// How many threads read what may take long; at least 2. One of them takes only short work, such as a page of a list or a
  /// look-up that opens personal data, so that this never waits for a scan.
  public var readerThreads: Int
  /// How many reads may wait for these threads, short ones and long ones each; at least 1. One more is refused with `busy`.
  public var readerQueueCapacity: Int
  /// The threads that several ledgers of one process read by; nil for threads of the ledger's own. Where they are set,
  /// ``readerThreads`` and ``readerQueueCapacity`` say nothing.
  public var sharedReaders: SharedReaders?
  /// For how long an idempotency key is remembered, in milliseconds of recorded time: seven days unless set. Older keys
  /// count as new; what is kept of them is deleted as events come.
  public var idempotencyRetention: Int64
  /// When readers are checked, and what is called for those that died or stay too long.
  public var readers: ReaderPolicy
  /// When snapshots of the state are made, so that states of the past are computed faster.
  public var snapshots: SnapshotPolicy
  /// Bounds of the queue of deliveries to webhooks.
  public var deliveries: DeliveryLimits
  /// When the rows that decide access are compared with the sums that were kept of them.
  public var scrub: ScrubPolicy
  /// How finely the last use of a token is kept: whole minutes, at least one. Of two uses that are closer the first is
  /// kept, and written down about as often; a crash loses what was not yet. Nil keeps none.
  public var lastUseResolution: Duration?
  /// Size of the memory map in bytes at first; it takes address space only, and grows by itself. Nil is 64 GiB.
  public var mapSize: Int?
  /// How far the map may grow, in bytes; nil as far as the address space allows.
  public var maximumMapSize: Int?
  /// Hears how commands and validations end. Nil unless set; then they cost what they do without one.
  public var observer: (any LedgerObserver)?

  /// A configuration with the system's clocks and randomness, unless others are given.
  public init(
    masterKey: MasterKey.Source? = nil, clock: Clock? = nil, uptime: Clock? = nil,
    clockTolerance: Duration = .seconds(10),
    isClockSynchronized: @escaping @Sendable () -> Bool = LedgerConfiguration.isSystemClockSynchronized,
    random: any RandomSource = SystemRandom(), signer: (any NoteSigner)? = nil,
    signingKey: (any SigningKeyProvider)? = nil,
    checkpoints: CheckpointPolicy = CheckpointPolicy(), pinBudgets: PINBudgets = PINBudgets(),
    witnessFile: String? = nil, archive: String? = nil, scratch: String? = nil, queueCapacity: Int = 65_536,
    readerThreads: Int = 4, readerQueueCapacity: Int = 4_096, sharedReaders: SharedReaders? = nil,
    idempotencyRetention: Int64 = 7 * 86_400_000, readers: ReaderPolicy = ReaderPolicy(),
    snapshots: SnapshotPolicy = SnapshotPolicy(), deliveries: DeliveryLimits = DeliveryLimits(),
    scrub: ScrubPolicy = ScrubPolicy(), lastUseResolution: Duration? = .seconds(60), mapSize: Int? = nil,
    maximumMapSize: Int? = nil
  ) {
    self.masterKey = masterKey
    self.clock = clock ?? Self.systemClock
    self.uptime = uptime ?? (clock == nil ? Self.systemUptime : nil)
    self.clockTolerance = clockTolerance
    self.isClockSynchronized = isClockSynchronized
    self.random = random
    self.signer = signer
    self.signingKey = signingKey
    self.checkpoints = checkpoints
    self.pinBudgets = pinBudgets
    self.witnessFile = witnessFile
    self.archive = archive
    self.scratch = scratch
    self.queueCapacity = queueCapacity
    self.readerThreads = readerThreads
    self.readerQueueCapacity = readerQueueCapacity
    self.sharedReaders = sharedReaders
    self.idempotencyRetention = idempotencyRetention
    self.readers = readers
    self.snapshots = snapshots
    self.deliveries = deliveries
    self.scrub = scrub
    self.lastUseResolution = lastUseResolution
    self.mapSize = mapSize
    self.maximumMapSize = maximumMapSize
  }

  /// The system's clock.
  public static let systemClock: Clock = {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// The system's boot-time clock: it goes on while the machine sleeps, and nobody sets it.
  public static let systemUptime: Clock = {
    var time = timespec()
    unsafe clock_gettime(CLOCK_BOOTTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// Whether the kernel says that the system's clock is synchronised, as a time service tells it.
  public static let isSystemClockSynchronized: @Sendable () -> Bool = {
    // Looked up by its name, as Swift has no header that declares it. With modes 0 it changes nothing, and needs no right.
    typealias Call = @convention(c) (UnsafeMutableRawPointer?) -> Int32
    guard let symbol = unsafe dlsym(nil, "adjtimex") else { return false }
    let adjtimex = unsafe unsafeBitCast(symbol, to: Call.self)
    var state = [UInt64](repeating: 0, count: 64)  // struct timex has 208 bytes
    // 5 is TIME_ERROR: not synchronised.
    return (0..<5).contains(unsafe state.withUnsafeMutableBytes { unsafe adjtimex($0.baseAddress) })
  }

  package var toleranceInMilliseconds: Int64 { max((Timestamp(milliseconds: 0) + clockTolerance).milliseconds, 0) }

  /// The clock of a ledger that is opened.
  package var ledgerClock: LedgerClock {
    LedgerClock(
      LedgerClock.Source(
        wall: clock, uptime: uptime, tolerance: toleranceInMilliseconds,
        text: { Timestamp(milliseconds: $0).description }))
  }

  /// Where the master key is, once the environment was looked at.
  public var masterKeySource: MasterKey.Source {
    if let masterKey { return masterKey }
    if unsafe getenv(MasterKey.environmentVariable) != nil { return .environment(MasterKey.environmentVariable) }
    return MasterKey.Source.credentialFile().map { .file($0) } ?? .keysFolder
  }
}
