// swift-tools-version: 6.2

import PackageDescription

// A program that embeds the ledger. Outside this repository, name it by its address instead of a path.
let package = Package(
  name: "embedded",
  dependencies: [.package(name: "CredentialLedger", path: "../../..")],
  targets: [
    .executableTarget(
      name: "embedded", dependencies: [.product(name: "CredentialLedger", package: "CredentialLedger")],
      // Whatever the calls name comes with the import, also for a program that asks the compiler to insist on it.
      swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("MemberImportVisibility")])
  ]
)
