// swift-tools-version: 6.2
// SPDX-License-Identifier: Apache-2.0

import PackageDescription

/// The settings of all targets of this package.
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
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/swhitty/FlyingFox", exact: "0.27.1"),
    ],
    targets: [
        // The C libraries of the distribution, each for one module; libcrypto also for the sandbox. CLinux offers
        // system calls that the Glibc module of Swift lacks, for the modules that use the kernel.
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CYAML", pkgConfig: "yaml-0.1", providers: [.apt(["libyaml-dev"])]),
        .systemLibrary(name: "COpenSSL", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "CLinux"),

        // The edges: each wraps a C library or kernel interfaces. None of them imports another or knows the word
        // "brand".
        .target(name: "Curl", dependencies: ["CCurl"], swiftSettings: house),
        .target(name: "YAML", dependencies: ["CYAML"], swiftSettings: house),
        .target(name: "Crypto", dependencies: ["COpenSSL"], swiftSettings: house),
        .target(name: "DurableFiles", dependencies: ["CLinux"], swiftSettings: house),
        .target(name: "Processes", dependencies: ["CLinux"], swiftSettings: house),

        // The vocabulary that all modules below share.
        .target(name: "Model", dependencies: ["Crypto", "DurableFiles"], swiftSettings: house),

        // The stages of a run. None of them imports another.
        .target(
            name: "Settings", dependencies: ["Model", "YAML", "DurableFiles"],
            // A link to config/schema.json: the command `schema` prints the file that the tests compare with the
            // reader.
            resources: [.embedInCode("schema.json")],
            swiftSettings: house),
        .target(
            name: "Secrets", dependencies: ["Model", "Crypto", "DurableFiles", "Processes"], swiftSettings: house),
        .target(name: "TokenAPI", dependencies: ["Model", "Curl", "Crypto"], swiftSettings: house),
        .target(name: "Publishing", dependencies: ["Model", "DurableFiles", "Processes"], swiftSettings: house),
        .target(
            name: "Kubernetes", dependencies: ["Model", "Curl", "DurableFiles", "Processes"], swiftSettings: house),
        .target(
            name: "Hooks", dependencies: ["Model", "Crypto", "DurableFiles", "Processes"], swiftSettings: house),
        .target(name: "Reporting", dependencies: ["Model", "Curl", "DurableFiles"], swiftSettings: house),

        // What the commands do, each composed of stages.
        .target(
            name: "Rotation",
            dependencies: [
                "Model", "Settings", "Secrets", "TokenAPI", "Publishing", "Hooks", "Reporting", "Curl", "DurableFiles",
                "Processes",
            ],
            swiftSettings: house),
        .target(
            name: "Monitoring", dependencies: ["Model", "Settings", "Publishing", "Processes"], swiftSettings: house),
        .target(
            name: "Doctor",
            dependencies: [
                "Model", "Settings", "Secrets", "TokenAPI", "Publishing", "Hooks", "Curl", "DurableFiles",
                "Processes",
            ],
            swiftSettings: house),

        .target(
            name: "Setup", dependencies: ["Model", "Settings", "DurableFiles", "Processes"], swiftSettings: house),

        // The thin shell around all of it.
        .executableTarget(
            name: "doku-token-rotator",
            dependencies: [
                "Model", "Settings", "TokenAPI", "Kubernetes", "Reporting", "Rotation", "Monitoring", "Doctor",
                "Setup", "Curl", "Processes",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: house),

        // Generates the manual pages from the declared commands. Used by `make`, never installed.
        .executableTarget(
            name: "manual-pages",
            dependencies: [
                "Model", "Settings", "YAML",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: house),

        // A test server for the DOKU API on loopback. It shares no code with the rotator.
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
        .testTarget(name: "CryptoTests", dependencies: ["Crypto"], swiftSettings: house),
        .testTarget(
            name: "DurableFilesTests", dependencies: ["DurableFiles", "CLinux", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "ProcessesTests", dependencies: ["Processes", "CLinux", "TestSupport"], swiftSettings: house),
        .testTarget(name: "ModelTests", dependencies: ["Model", "TestSupport"], swiftSettings: house),
        .testTarget(name: "SettingsTests", dependencies: ["Settings", "Model"], swiftSettings: house),
        .testTarget(
            name: "TokenAPITests", dependencies: ["Model", "TokenAPI", "Curl", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "SecretsTests", dependencies: ["Secrets", "Model", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "PublishingTests", dependencies: ["Publishing", "Model", "Processes", "TestSupport"],
            swiftSettings: house),
        .testTarget(name: "HooksTests", dependencies: ["Hooks", "Model", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "RotationTests",
            dependencies: [
                "Rotation", "Model", "Settings", "Secrets", "TokenAPI", "Publishing", "Reporting", "Curl",
                "Processes",
                "TestSupport",
            ],
            swiftSettings: house),
        .testTarget(
            name: "MonitoringTests", dependencies: ["Monitoring", "Model", "TestSupport"], swiftSettings: house),
        .testTarget(name: "DoctorTests", dependencies: ["Doctor", "Model", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "SetupTests", dependencies: ["Setup", "Model", "Settings", "Doctor", "DurableFiles", "TestSupport"],
            swiftSettings: house),
        .testTarget(name: "ReportingTests", dependencies: ["Reporting", "Model"], swiftSettings: house),
        .testTarget(
            name: "KubernetesTests",
            dependencies: ["Kubernetes", "Model", "Reporting", "Rotation", "Curl", "TestSupport", "doku-sandbox"],
            swiftSettings: house),
        .testTarget(name: "SandboxTests", dependencies: ["doku-sandbox", "TestSupport"], swiftSettings: house),
        .testTarget(
            name: "ScenarioTests", dependencies: programs + ["TestSupport"],
            exclude: ["Scenarios", "validate_documents.py"], swiftSettings: house),
        .testTarget(
            name: "FaultTests", dependencies: programs + ["TestSupport"],
            exclude: ["FileFaults/Injector", "FileFaults/Walker"], swiftSettings: house),
        .testTarget(
            name: "IntegrationTests", dependencies: programs + ["TestSupport", "Model", "Settings", "Publishing"],
            exclude: [
                "EnvironmentFiles/docker_environment.py", "EnvironmentFiles/systemd_environment.sh",
                "Kubernetes/cluster", "Kubernetes/manifests", "Kubernetes/pod", "Systemd", "metrics_consumers.py",
            ],
            swiftSettings: house),
        .testTarget(
            name: "PackagingTests",
            dependencies: programs + ["TestSupport", "Model", "Settings", "manual-pages"],
            exclude: ["Manual/Shells", "Packages/boot", "Packages/image", "Packages/inside", "Packages/run"],
            swiftSettings: house),
        .testTarget(
            name: "DocumentationTests",
            dependencies: programs + [
                "TestSupport", "Model", "Settings", "Publishing", "Kubernetes", "Reporting", "Doctor",
            ],
            exclude: ["page"],
            swiftSettings: house),
    ]
)

// Tests/Fuzzing/run builds these targets by name. They need libFuzzer, which no other target links.
if Context.environment["DOKU_FUZZING"] != nil {
    package.targets += [
        .systemLibrary(name: "CFuzzer", path: "Tests/Fuzzing/CFuzzer"),
        .executableTarget(
            name: "fuzz", dependencies: ["CFuzzer", "Model", "Settings", "TokenAPI", "Publishing", "Hooks", "Curl"],
            path: "Tests/Fuzzing/Fuzz",
            swiftSettings: house),
    ]
}
