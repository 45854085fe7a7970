// swift-tools-version: 6.2

import PackageDescription

// A program with events and a projection of its own. Outside this repository, name the ledger by its address instead of a path.
let package = Package(
  name: "projection",
  dependencies: [.package(name: "CredentialLedger", path: "../../..")],
  targets: [
    .executableTarget(
      name: "projection",
      dependencies: [
        .product(name: "CredentialLedger", package: "CredentialLedger"),
        .product(name: "LedgerTesting", package: "CredentialLedger"),
      ],
      // Whatever the calls name comes with the import, also for a program that asks the compiler to insist on it.
      swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("MemberImportVisibility")])
  ]
)
