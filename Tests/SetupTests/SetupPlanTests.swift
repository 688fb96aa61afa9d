// SPDX-License-Identifier: Apache-2.0

import DurableFiles
import Foundation
import Model
import Settings
import Setup
import TestSupport
import Testing

@Suite struct SetupPlanTests {
    private static let system = "/etc/doku-token-rotator"
    private static let root = SetupHost(isRoot: true, user: 990, group: 991, program: "/usr/bin/doku-token-rotator")
    private static let ordinary = SetupHost(isRoot: false, program: "/home/ani/.local/bin/doku-token-rotator")

    private func summary(_ plan: SetupPlan) -> [String] {
        plan.items.map { item in
            let owner = [item.attributes.owner, item.attributes.group].map { $0.map { "\($0)" } ?? "" }
            return "\(item.path) \(String(item.attributes.mode, radix: 8)) \(owner.joined(separator: ":"))"
        }
    }

    private func text(_ plan: SetupPlan, _ suffix: String) throws -> String {
        try #require(plan.items.first { $0.path.hasSuffix(suffix) }?.text)
    }

    @Test func `systemd gets credentials, the readers' group and a drop-in`() throws {
        let plan = try SetupPlan(.systemd, in: Self.system, every: RunInterval(.seconds(600)), on: Self.root)
        #expect(
            summary(plan) == [
                "\(Self.system)/secrets 700 :",
                "/etc/systemd/system/doku-token-rotator.timer.d/every.conf 644 :",
                "\(Self.system)/config.yaml 640 :991",
            ])
        let timer = try text(plan, "every.conf").split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(timer == ["[Timer]", "OnCalendar=", "OnActiveSec=5s", "OnCalendar=*:0/10"])
        #expect(try text(plan, "config.yaml").contains(#"secret: { credential: "secrets_{brand}" }"#))
        #expect(
            plan.commands == [
                "install -m 0600 /dev/stdin \(Self.system)/secrets/my-brand",
                "doku-token-rotator validate --config \(Self.system)/config.yaml",
                "systemctl enable --now doku-token-rotator.timer",
            ])
    }

    @Test func `systemd gets config/minimal.yaml with one brand`() throws {
        let plan = try SetupPlan(.systemd, in: Self.system, every: nil, on: Self.root)
        let minimal = try String(contentsOf: Repository.url("config/minimal.yaml"), encoding: .utf8)
        #expect(try Self.settings(text(plan, "config.yaml")) == Self.settings(minimal))
    }

    @Test func `without --every the shipped timer is used as it is`() throws {
        let plan = try SetupPlan(.systemd, in: Self.system, every: nil, on: Self.root)
        #expect(summary(plan) == ["\(Self.system)/secrets 700 :", "\(Self.system)/config.yaml 640 :991"])
        #expect(try text(plan, "config.yaml").contains("\nrun_every: 15m "))
        let timer = try String(contentsOf: Repository.url("systemd/doku-token-rotator.timer"), encoding: .utf8)
        #expect(timer.contains("\nOnCalendar=\(RunInterval.shipped.calendar)\n"))
        #expect(timer.contains("\nOnActiveSec=5s\n"))
    }

    @Test func `an image gets the same files below its root, without a group of this host`() throws {
        let plan = try SetupPlan(.systemd, in: "/srv/image\(Self.system)/", every: .shipped, on: Self.root)
        #expect(
            summary(plan) == [
                "/srv/image\(Self.system)/secrets 700 :",
                "/srv/image/etc/systemd/system/doku-token-rotator.timer.d/every.conf 644 :",
                "/srv/image\(Self.system)/config.yaml 644 :",
            ])
        #expect(plan.commands.last == "systemctl --root=/srv/image enable doku-token-rotator.timer")
    }

    @Test func `cron gets secrets of the user that runs it`() throws {
        let plan = try SetupPlan(.cron, in: Self.system, every: nil, on: Self.root)
        #expect(
            summary(plan) == [
                "\(Self.system)/secrets 700 990:", "\(Self.system)/crontab 644 :",
                "\(Self.system)/config.yaml 640 :991",
            ])
        let configuration = try text(plan, "config.yaml")
        #expect(configuration.contains(#"secret: { file: "secrets/{brand}" }"#))
        #expect(configuration.contains(#"{ file: "/run/doku/{brand}.token", mode: "0640" }"#))
        #expect(
            plan.commands == [
                "install -m 0600 -o doku-token-rotator /dev/stdin \(Self.system)/secrets/my-brand",
                "runuser -u doku-token-rotator -- doku-token-rotator doctor --config \(Self.system)/config.yaml",
                "install -m 0644 \(Self.system)/crontab /etc/cron.d/doku-token-rotator",
            ])
    }

    @Test func `the crontab is the shipped table with its own times and paths`() throws {
        let plan = try SetupPlan(.cron, in: "/srv/doku", every: RunInterval(.seconds(7200)), on: Self.root)
        let lines = try text(plan, "crontab").split(separator: "\n").filter { !$0.hasPrefix("#") }
        let shipped = try String(contentsOf: Repository.url("config/cron/doku-token-rotator"), encoding: .utf8)
            .split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.dropLast() == shipped.dropLast())
        let line = try String(#require(lines.last)).replacing("/usr/bin/doku-token-rotator", with: "doku-token-rotator")
            .replacing("/srv/doku/", with: "\(Self.system)/").replacing("0 */2 * * *", with: "*/15 * * * *")
        #expect(try line == String(#require(shipped.last)))
    }

    @Test func `an ordinary user gets a line for a crontab, and tokens beside the configuration`() throws {
        let plan = try SetupPlan(.cron, in: "/home/ani/doku", every: nil, on: Self.ordinary)
        #expect(
            summary(plan) == [
                "/home/ani/doku/secrets 700 :", "/home/ani/doku/tokens 700 :", "/home/ani/doku/crontab 644 :",
                "/home/ani/doku/config.yaml 644 :",
            ])
        #expect(
            try text(plan, "crontab").split(separator: "\n").last
                == "*/15 * * * * SWIFT_BACKTRACE=enable=no /home/ani/.local/bin/doku-token-rotator rotate "
                + "--config /home/ani/doku/config.yaml")
        #expect(plan.commands.last == "(crontab -l; cat /home/ani/doku/crontab) | crontab -")
    }

    @Test func `Kubernetes gets the configuration of the shipped overlay`() throws {
        let plan = try SetupPlan(.kubernetes, in: "/srv/doku", every: RunInterval(.seconds(300)), on: Self.ordinary)
        #expect(
            summary(plan) == [
                "/srv/doku/secrets 700 :", "/srv/doku/kustomization.yaml 644 :", "/srv/doku/config.yaml 644 :",
            ])
        let patches = try text(plan, "kustomization.yaml")
        #expect(patches.contains(#"path: /spec/schedule, value: "*/5 * * * *" }"#))
        #expect(patches.contains("path: /spec/jobTemplate/spec/activeDeadlineSeconds, value: 180 }"))
        #expect(plan.commands[1].hasPrefix("cp -r /home/ani/.local/share/doc/doku-token-rotator/examples/kubernetes "))
        let own = try SetupPlan(.kubernetes, in: "/srv/doku", every: nil, on: Self.ordinary)
        let overlay = try String(
            contentsOf: Repository.url("config/kubernetes/overlays/secrets/config.yaml"), encoding: .utf8)
        #expect(try Self.settings(text(own, "config.yaml")) == Self.settings(overlay))
        let job = try String(contentsOf: Repository.url("config/kubernetes/base/cronjob.yaml"), encoding: .utf8)
        #expect(job.contains("\n  schedule: \"\(RunInterval.shipped.cron)\"\n"))
        #expect(job.contains("\n      activeDeadlineSeconds: 780\n"))
        #expect(try text(own, "kustomization.yaml").contains("activeDeadlineSeconds, value: 780 }"))
    }

    /// The lines of a configuration without brands and comments.
    private static func settings(_ text: String) -> [Substring] {
        text.split(separator: "\n").map { $0.prefix(upTo: $0.firstRange(of: #/ *# /#)?.lowerBound ?? $0.endIndex) }
            .filter { !$0.isEmpty && !$0.contains("client_id:") && !$0.hasPrefix("#") }
    }

    @Test(arguments: [
        (Scheduler.systemd, "/srv/doku", "the shipped units read \(system), not /srv/doku; "),
        (.cron, "/srv/do ku", "the path of the directory, /srv/do ku, has characters"),
        (.kubernetes, "/srv/100%", "the path of the directory, /srv/100%, has characters"),
        (.cron, "/srv/$HOME", "the path of the directory"), (.cron, "/srv/a\nb", "the path of the directory"),
    ])
    func `a directory that cannot be used is refused`(scheduler: Scheduler, directory: String, reason: String) {
        let problem = #expect(throws: SetupProblem.self) {
            try SetupPlan(scheduler, in: directory, every: nil, on: Self.root)
        }
        #expect(problem?.status == .usage)
        #expect(problem?.message.hasPrefix(reason) == true, "\(problem?.message ?? "")")
    }

    @Test(arguments: Scheduler.allCases, RunInterval.all)
    func `each configuration is valid`(scheduler: Scheduler, interval: RunInterval) throws {
        let directory = try TemporaryDirectory()
        for host in [Self.root, Self.ordinary] {
            let plan = try SetupPlan(scheduler, in: directory.path(Self.system), every: interval, on: host)
            try directory.write(text(plan, "/config.yaml"), to: "config.yaml")
            #expect(try ConfigurationSource.read(directory.path("config.yaml")).runEvery == interval.duration)
        }
    }
}
