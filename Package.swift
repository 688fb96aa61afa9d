// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

/// Every target of our own: the Swift 6 language mode, each unsafe expression marked, no warning left standing.
let house: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// What most tests run.
let programs: [Target.Dependency] = ["doku-token-rotator", "doku-sandbox"]

let package = Package(
    name: "doku-token-rotator",
    products: [
        .executable(name: "doku-token-rotator", targets: ["doku-token-rotator"]),
        .executable(name: "doku-sandbox", targets: ["doku-sandbox"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
    ],
    targets: [
        // The C libraries of the distribution. Each is imported by one module only, but CLinux: a few system calls
        // that Swift's Glibc hides, for the modules that talk to the kernel.
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLinux"),

        // The edges of the process. They know neither each other nor the word "brand".
        .target(name: "Curl", dependencies: ["CCurl"], swiftSettings: house),
        .target(name: "YAML", dependencies: ["CYAML"], swiftSettings: house),
        .target(name: "Digests", dependencies: ["COpenSSL"], swiftSettings: house),
        .target(name: "DurableFiles", dependencies: ["CLinux"], swiftSettings: house),
        .target(name: "ProcessState", dependencies: ["CLinux"], swiftSettings: house),

        // The vocabulary that all modules below share.
        .target(name: "Model", dependencies: ["Digests"], swiftSettings: house),

        // The stages of a run. None of them imports another.
        .target(
            name: "Settings", dependencies: ["Model", "YAML", "DurableFiles"],
            // A link to config/schema.json: `schema` prints the very file that the tests hold against the reader.
            resources: [.embedInCode("schema.json")],
            swiftSettings: house),
        .target(name: "TokenAPI", dependencies: ["Model", "Curl", "Digests"], swiftSettings: house),

        // The domain, whom it tells of a run, where tokens go besides files, and the thin shell around all.
        .target(
            name: "TokenRotation",
            dependencies: ["Model", "Settings", "TokenAPI", "Curl", "Digests", "DurableFiles", "ProcessState"],
            swiftSettings: house),
        .target(
            name: "Reporting", dependencies: ["Model", "TokenRotation", "Curl", "DurableFiles"], swiftSettings: house),
        .target(
            name: "Kubernetes", dependencies: ["Model", "TokenRotation", "Curl", "DurableFiles", "ProcessState"],
            swiftSettings: house),
        .executableTarget(
            name: "doku-token-rotator",
            dependencies: [
                "Model", "Settings", "TokenAPI", "TokenRotation", "Reporting", "Kubernetes", "ProcessState",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: house),

        // Makes the manual pages of what the program says of its commands; for `make`, never installed.
        .executableTarget(
            name: "manual-pages",
            dependencies: [
                "Model", "Settings", "YAML",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: house),

        // A stand-in for DOKU on loopback. It shares no code with the rotator.
        .executableTarget(
            name: "doku-sandbox",
            dependencies: [
                "COpenSSL",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "FlyingFox", package: "FlyingFox"),
                .product(name: "FlyingSocks", package: "FlyingFox"),
            ],
            swiftSettings: house),

        // Tests by kind. What several of them use is in TestSupport.
        .target(
            name: "TestSupport", dependencies: ["Model", "TokenAPI"], path: "Tests/TestSupport",
            exclude: ["Servers", "container"], swiftSettings: house),
        .testTarget(name: "CurlTests", dependencies: ["Curl", "TestSupport"], swiftSettings: house),
        .testTarget(name: "YAMLTests", dependencies: ["YAML"], swiftSettings: house),
        .testTarget(name: "DigestsTests", dependencies: ["Digests"], swiftSettings: house),
        .testTarget(
            name: "DurableFilesTests", dependencies: ["DurableFiles", "CLinux", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "ProcessStateTests", dependencies: ["ProcessState", "CLinux", "TestSupport"], swiftSettings: house),
        .testTarget(name: "ModelTests", dependencies: ["Model", "TestSupport"], swiftSettings: house),
        .testTarget(name: "SettingsTests", dependencies: ["Settings", "Model"], swiftSettings: house),
        .testTarget(
            name: "TokenAPITests", dependencies: ["Model", "TokenAPI", "Curl", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "TokenRotationTests",
            dependencies: ["Model", "Settings", "TokenAPI", "TokenRotation", "Curl", "TestSupport"],
            exclude: ["docker_environment.py", "systemd_environment.sh"], swiftSettings: house),
        .testTarget(name: "ReportingTests", dependencies: ["Reporting", "Model"], swiftSettings: house),
        .testTarget(
            name: "KubernetesTests",
            dependencies: ["Kubernetes", "Model", "TokenRotation", "Curl", "TestSupport", "doku-sandbox"],
            swiftSettings: house),
        .testTarget(name: "SandboxTests", dependencies: ["doku-sandbox", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "ScenarioTests", dependencies: programs + ["TestSupport"], exclude: ["Scenarios"],
            swiftSettings: house),
        .testTarget(
            name: "FaultTests", dependencies: programs + ["TestSupport"],
            exclude: ["FileFaults/Injector", "FileFaults/Walker"], swiftSettings: house),
        .testTarget(
            name: "IntegrationTests", dependencies: programs + ["TestSupport", "Model", "TokenRotation"],
            exclude: [
                "Kubernetes/cluster", "Kubernetes/manifests", "Kubernetes/pod", "Systemd", "metrics_consumers.py",
            ],
            swiftSettings: house),
        .testTarget(
            name: "PackagingTests",
            dependencies: programs + ["TestSupport", "Model", "Settings", "TokenRotation", "manual-pages"],
            exclude: ["Manual/Shells", "Packages/boot", "Packages/image", "Packages/inside", "Packages/run"],
            swiftSettings: house),
        .testTarget(
            name: "DocumentationTests",
            dependencies: programs + ["TestSupport", "Model", "Settings", "TokenRotation"], exclude: ["page"],
            swiftSettings: house),
    ]
)

// Tests/Fuzzing/run asks for these by name: they need libFuzzer, which is linked to nothing else.
if Context.environment["DOKU_FUZZING"] != nil {
    package.targets += [
        .systemLibrary(name: "CFuzzer", path: "Tests/Fuzzing/CFuzzer"),
        .executableTarget(
            name: "fuzz", dependencies: ["CFuzzer", "Model", "Settings", "TokenAPI", "TokenRotation", "Curl"],
            path: "Tests/Fuzzing/Fuzz",
            swiftSettings: house),
    ]
}
