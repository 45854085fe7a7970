// swift-tools-version: 6.2

import PackageDescription

/// Flags of every Swift target. Warnings become errors where the environment asks for it (continuous
/// integration does), so that a newer compiler's new warning never breaks somebody's build.
let flags: [SwiftSetting] =
  [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
  ]
  + (Context.environment["CREDLEDGER_WARNINGS_AS_ERRORS"] == "1" ? [.treatAllWarnings(as: .error)] : [])

/// A library target, its folder under `Sources`.
func library(_ name: String, _ dependencies: Target.Dependency...) -> Target {
  .target(
    name: name, dependencies: dependencies,
    // A link to Schemas/openapi.yaml: the server describes its routes by the same bytes.
    resources: name == "LedgerServer" ? [.embedInCode("openapi.yaml")] : [], swiftSettings: flags)
}

/// The tests of a target, in the folder under `Tests` that carries its name.
func tests(of name: String, _ dependencies: Target.Dependency..., golden: Bool = false) -> Target {
  .testTarget(
    name: "\(name)Tests", dependencies: [.byName(name: name)] + dependencies, exclude: golden ? ["Golden"] : [],
    swiftSettings: flags)
}

let protobuf = Target.Dependency.product(name: "SwiftProtobuf", package: "swift-protobuf")
let hummingbird = Target.Dependency.product(name: "Hummingbird", package: "hummingbird")
let hummingbirdCore = Target.Dependency.product(name: "HummingbirdCore", package: "hummingbird")
let hummingbirdHTTP2 = Target.Dependency.product(name: "HummingbirdHTTP2", package: "hummingbird")
let nioSSL = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let inMemoryTracing = Target.Dependency.product(name: "InMemoryTracing", package: "swift-distributed-tracing")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let metricsTestKit = Target.Dependency.product(name: "MetricsTestKit", package: "swift-metrics")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let jwtKit = Target.Dependency.product(name: "JWTKit", package: "jwt-kit")
let nioTLS = Target.Dependency.product(name: "NIOTLS", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let nioHTTPTypes = Target.Dependency.product(name: "NIOHTTPTypes", package: "swift-nio-extras")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
  name: "CredentialLedger",
  products: [
    // Two modules to import: what a service calls, and what an operator's program adds to it.
    .library(name: "CredentialLedger", targets: ["CredentialLedger", "LedgerOperations"]),
    // For the tests of a program that embeds the library.
    .library(name: "LedgerTesting", targets: ["LedgerTesting"]),
    // The library in a program's ServiceGroup, metrics and traces.
    .library(name: "LedgerServices", targets: ["LedgerServices"]),
    .executable(name: "credledger", targets: ["credledger"]),
    // For the tests alone: loaded into a process whose disk is to fail.
    .library(name: "FaultyDisk", type: .dynamic, targets: ["FaultyDisk"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-protobuf.git", from: "1.39.0"),
    .package(url: "https://github.com/apple/swift-argument-parser.git", from: "1.8.2"),
    // The server needs these, and LedgerServices some of them: a package that uses the product CredentialLedger compiles none.
    .package(url: "https://github.com/hummingbird-project/hummingbird.git", from: "2.28.1"),
    .package(url: "https://github.com/apple/swift-configuration.git", from: "1.4.0", traits: []),
    .package(url: "https://github.com/swift-server/async-http-client.git", from: "1.37.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle.git", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-log.git", from: "1.16.2"),
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.2"),
    .package(url: "https://github.com/apple/swift-nio-ssl.git", from: "2.37.6"),
    .package(url: "https://github.com/apple/swift-nio-extras.git", from: "1.35.2"),
    .package(url: "https://github.com/vapor/jwt-kit.git", from: "5.7.1"),
    .package(url: "https://github.com/apple/swift-distributed-tracing.git", from: "1.7.3"),
    .package(url: "https://github.com/apple/swift-metrics.git", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-http-types.git", from: "1.8.0", traits: []),
  ],
  targets: [
    .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),
    .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .target(name: "CPlatform"),
    library("LedgerFiles", "CPlatform"),
    library("LedgerCrypto", "COpenSSL"),
    library("LMDB", "LedgerFiles", "CLMDB"),
    library("TransparencyLog", "LedgerCrypto"),
    library("KeyStore", "LedgerFiles", "LedgerCrypto", "CPlatform"),
    library("LedgerEvents", "LedgerCrypto", protobuf),
    library("EventLog", "LMDB", "TransparencyLog", "LedgerFiles", "LedgerCrypto", "CPlatform"),
    library("LedgerDomain", "LedgerEvents", "LedgerCrypto"),
    library(
      "Projections", "EventLog", "LedgerDomain", "LedgerEvents", "KeyStore", "LMDB", "LedgerFiles", "LedgerCrypto"),
    library(
      "LedgerEngine", "Projections", "LedgerDomain", "LedgerEvents", "EventLog", "KeyStore", "TransparencyLog", "LMDB",
      "LedgerFiles", "LedgerCrypto"),
    library(
      "CredentialLedger", "LedgerEngine", "Projections", "LedgerDomain", "LedgerEvents", "EventLog", "KeyStore",
      "TransparencyLog", "LedgerCrypto"),
    library(
      "LedgerOperations", "CredentialLedger", "LedgerEngine", "Projections", "LedgerDomain", "LedgerEvents", "EventLog",
      "KeyStore", "TransparencyLog", "LMDB", "LedgerCrypto"),
    library("HTTPSupport", "CredentialLedger", hummingbird, logging, httpTypes, nioCore),
    library("LedgerTesting", "CredentialLedger"),
    library("LedgerServices", "CredentialLedger", lifecycle, metrics, tracing),
    library("TokenService", "CredentialLedger", "HTTPSupport", hummingbird, httpTypes),
    library("OutgoingHTTP", httpClient, nioCore, nioPosix, nioSSL),
    library("MessageStore", "CredentialLedger", "EventLog", "KeyStore", "LMDB"),
    library(
      "PlatformService", "CredentialLedger", "LedgerServices", "HTTPSupport", "MessageStore", "OutgoingHTTP",
      hummingbird, httpTypes),
    library(
      "ManagementPortal", "CredentialLedger", "LedgerOperations", "HTTPSupport", "MessageStore", "OutgoingHTTP",
      hummingbird, httpTypes, nioCore, nioPosix, jwtKit, logging),
    library(
      "LedgerServer", "CredentialLedger", "LedgerServices", "HTTPSupport", "TokenService", "PlatformService",
      "ManagementPortal", "MessageStore", "OutgoingHTTP", hummingbird, hummingbirdCore, hummingbirdHTTP2, configuration,
      httpClient, lifecycle, logging, httpTypes, nioCore, nioPosix, nioHTTP1, nioHTTPTypes, nioSSL, nioTLS, tracing,
      metrics),
    .executableTarget(
      name: "credledger",
      dependencies: [
        "CredentialLedger", "LedgerOperations", "LedgerServer", "MessageStore", "KeyStore", "CArguments", "CPlatform",
        arguments,
        logging,
      ],
      path: "Tools/credledger",
      swiftSettings: flags),
    .target(name: "CArguments", path: "Tools/arguments"),
    .executableTarget(
      name: "ledger-benchmarks", dependencies: ["CredentialLedger", "LedgerOperations"],
      path: "Tools/benchmarks/ledger",
      swiftSettings: flags),
    .executableTarget(
      name: "server-ceiling", dependencies: [hummingbird, hummingbirdCore, logging], path: "Tools/benchmarks/ceiling",
      swiftSettings: flags),
    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: flags),
    .target(
      name: "LedgerTestSupport", dependencies: ["TestSupport", "LedgerDomain", "LedgerEvents", "LedgerCrypto"],
      path: "Tests/LedgerTestSupport", swiftSettings: flags),
    .executableTarget(
      name: "LedgerCrashChild", dependencies: ["CredentialLedger", "LedgerOperations"], path: "Tests/LedgerCrashChild",
      swiftSettings: flags),
    .testTarget(
      name: "CrashTests",
      dependencies: ["CredentialLedger", "LedgerOperations", "LedgerCrashChild", "LedgerTestSupport", "FaultyDisk"],
      swiftSettings: flags),
    .testTarget(
      name: "ProgramTests",
      dependencies: ["CredentialLedger", "LedgerOperations", "LMDB", "credledger", "LedgerTestSupport", arguments],
      exclude: ["Golden"], swiftSettings: flags),
    .target(name: "FaultyDisk", path: "Tests/FaultyDisk", linkerSettings: [.linkedLibrary("dl")]),
    .testTarget(
      name: "ServerTests",
      dependencies: [
        "CredentialLedger", "LedgerOperations", "LedgerServer", "HTTPSupport", "ManagementPortal", "MessageStore",
        "OutgoingHTTP", "PlatformService", "TokenService", "credledger", "TestSupport", hummingbird, httpTypes, logging,
        tracing,
        inMemoryTracing, metricsTestKit,
      ],
      exclude: ["Golden"],
      swiftSettings: flags),
    tests(of: "MessageStore", "CredentialLedger", "PlatformService", "TestSupport"),
    tests(of: "OutgoingHTTP", nioCore),
    tests(of: "HTTPSupport", "CredentialLedger", hummingbird, httpTypes, nioCore),
    tests(of: "LedgerTesting", "CredentialLedger", "LedgerOperations"),
    tests(
      of: "LedgerServices", "CredentialLedger", "TestSupport", lifecycle, logging, tracing, inMemoryTracing,
      metricsTestKit),
    tests(of: "LedgerFiles", "TestSupport"),
    tests(of: "LedgerCrypto", "TestSupport"),
    tests(of: "LMDB", "LedgerFiles", "TestSupport"),
    tests(of: "TransparencyLog", "LedgerCrypto", "TestSupport"),
    tests(of: "KeyStore", "LedgerCrypto", "TestSupport"),
    tests(of: "LedgerEvents", "LedgerCrypto", "TestSupport", golden: true),
    tests(of: "EventLog", "LMDB", "TransparencyLog", "LedgerCrypto", "TestSupport"),
    tests(of: "LedgerDomain", "LedgerTestSupport", "LedgerEvents", "LedgerCrypto"),
    tests(
      of: "Projections", "EventLog", "LedgerDomain", "LedgerEvents", "KeyStore", "LMDB", "LedgerCrypto",
      "LedgerTestSupport", golden: true),
    tests(
      of: "CredentialLedger", "LedgerOperations", "EventLog", "TransparencyLog", "LMDB", "LedgerTestSupport",
      golden: true),
  ]
)
