// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import TestSupport
import Testing

/// Everything that a network or a peer does wrong, and the real program before it.
@Suite struct NetworkFaultTests {
    private struct Findings {
        var next = 0
        var problems: [(name: String, problem: FaultProblem)] = []

        /// The next case that no lane has begun.
        mutating func take(from cases: [NetworkStage]) -> NetworkStage? {
            guard next < cases.count else { return nil }
            defer { next += 1 }
            return cases[next]
        }
    }

    /// Most of a case's time is waiting.
    private static let lanes = 8
    private static let suite = "network faults"

    @Test func `every fault has its cases`() {
        #expect(Set(NetworkFault.all.map(\.row)) == Set(1...72))
    }

    @Test func `whatever the network does, each brand ends as it must and the last good token stays`() throws {
        let root = try TemporaryDirectory()
        let authority = try Self.makeCertificates(in: root)
        var faults = NetworkFault.all
        if TestScale.isRelease {
            // What a peer says is the same over TLS.
            faults += NetworkFault.all.filter { $0.transport == .plain && $0.listens == "yes" }.compactMap { fault in
                if case .oneByClient = fault.company { fault.over(.tls) } else { nil }
            }
        }
        let stages = try faults.flatMap { [($0, true), ($0, false)] }.enumerated().map { number, what in
            try NetworkStage(what.0, number: number, isAlone: what.1)
        }
        let server = try FaultServer(stages.map(\.script), in: root)
        let resolving = try Self.resolving(server.listeners, in: root)
        var scoreboard = Scoreboard(Self.suite, kinds: ["wrong outcomes", "torn files", "leaked secrets"])
        var cases: [NetworkStage] = []
        for stage in stages {
            if stage.fault.needsResolver, resolving == nil {
                Scoreboard.skipped(
                    "\(Self.suite): \(stage.name)",
                    "no name server of our own: \(server.listeners.resolverProblem ?? "it needs root and mounts")")
            } else {
                cases.append(stage)
            }
        }
        scoreboard.cases = cases.count
        let began = ContinuousClock.now
        for (name, problem) in Self.walk(cases, server.listeners, authority: authority, resolving: resolving ?? []) {
            scoreboard.count(problem.kind)
            Issue.record("\(name): \(problem)")
        }
        Scoreboard.say("\(Self.suite): \(cases.count) cases in \(began.duration(to: .now).components.seconds) s")
        scoreboard.report()
        #expect(scoreboard.cases >= 2 * 68)
    }

    private static func walk(
        _ cases: [NetworkStage], _ server: FaultListeners, authority: String, resolving: [String]
    ) -> [(name: String, problem: FaultProblem)] {
        // Those that take their time come first, so that the last one to end did not begin last.
        let ordered = cases.sorted { $0.fault.settings.count > $1.fault.settings.count }
        let findings = Mutex(Findings())
        let group = DispatchGroup()
        for _ in 0..<lanes {
            DispatchQueue(label: "network-fault").async(group: group) { @Sendable in
                while let stage = findings.withLock({ $0.take(from: ordered) }) {
                    do {
                        let ending = try stage.run(server, authority: authority, resolving: resolving)
                        try NetworkVerdict(stage: stage, ending: ending, requests: server.requests(stage.key)).check()
                    } catch {
                        let problem = error as? FaultProblem ?? FaultProblem("broken cases", "\(error)")
                        findings.withLock { $0.problems.append((stage.name, problem)) }
                    }
                }
            }
        }
        group.wait()
        return findings.withLock { $0.problems }
    }

    /// - Returns: the path of the authority's certificate that `server` is good with.
    private static func makeCertificates(in directory: TemporaryDirectory) throws -> String {
        let authority = try CertificateAuthority("authority", in: directory)
        try authority.issue("server", subject: "IP:127.0.0.1,DNS:*.faults.test")
        try authority.issue("expired", subject: "IP:127.0.0.1", days: -1)
        try authority.issue("elsewhere", subject: "IP:127.0.0.2,DNS:elsewhere.test")
        try CertificateAuthority("another", in: directory).issue("unknown", subject: "IP:127.0.0.1")
        _ = try CertificateAuthority("self-signed", in: directory)
        return directory.path(authority.certificate)
    }

    /// What starts a program that asks our name server only; nil where that cannot be.
    private static func resolving(_ server: FaultListeners, in directory: TemporaryDirectory) throws -> [String]? {
        guard server.resolverProblem == nil, geteuid() == 0, Host.mayMount else { return nil }
        try directory.write("nameserver \(server.resolver)\noptions timeout:1 attempts:1\n", to: "resolv.conf")
        try directory.write("127.0.0.1 localhost dual.faults.test\n::1 dual.faults.test\n", to: "hosts")
        for file in ["resolv.conf", "hosts"] {
            try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: directory.path(file))
        }
        let script = """
            mount --bind \(directory.path("resolv.conf")) /etc/resolv.conf && \
            mount --bind \(directory.path("hosts")) /etc/hosts && exec "$@"
            """
        return ["/usr/bin/unshare", "--mount", "/bin/sh", "-c", script, "sh"]
    }
}
