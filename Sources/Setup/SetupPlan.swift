// SPDX-License-Identifier: Apache-2.0
// The module Setup: the first configuration for a scheduler, as `init` writes it.

package import DurableFiles
package import Model
internal import Processes
internal import Settings

/// What starts the runs.
package enum Scheduler: String, Sendable, CaseIterable {
    case systemd, cron, kubernetes
}

/// Why nothing is set up: problem, cause, action.
package struct SetupProblem: Error, Sendable, Equatable {
    package let status: ExitStatus
    package let message: String

    init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }
}

/// The facts about the host that the files depend on.
package struct SetupHost: Sendable {
    /// The user and group of the shipped units, as their packages create them.
    static let userName = "doku-token-rotator"
    static let groupName = "doku-tokens"

    package var isRoot: Bool
    /// ``userName`` and ``groupName`` by number; nil if they do not exist or this process may not give files to them.
    package var user: UInt32?
    package var group: UInt32?
    /// The path of this program.
    package var program: String

    package init(isRoot: Bool, user: UInt32? = nil, group: UInt32? = nil, program: String) {
        self.isRoot = isRoot
        self.user = user
        self.group = group
        self.program = program
    }

    /// This host, for this process.
    package static var current: SetupHost {
        let isRoot = ProcessIdentity.user == 0
        return SetupHost(
            isRoot: isRoot, user: isRoot ? try? AccountNames.userIdentifier(of: userName) : nil,
            group: isRoot ? try? AccountNames.groupIdentifier(of: groupName) : nil,
            program: Executable.ownPath ?? "/usr/bin/doku-token-rotator")
    }

    /// The scheduler if none is named. The shipped units are for root to enable.
    package var usualScheduler: Scheduler {
        isRoot && (try? Directory(path: "/run/systemd/system", use: .reading)) != nil ? .systemd : .cron
    }
}

/// The files of a first configuration, and the commands that come next.
package struct SetupPlan: Sendable, Equatable {
    /// A file or a directory.
    package struct Item: Sendable, Equatable {
        package let path: String
        package let attributes: PublishedAttributes
        /// nil for a directory.
        package let text: String?
    }

    let directory: String
    /// In the order of their creation.
    package let items: [Item]
    /// For people: what to change before the commands.
    package let advice: String
    /// For a shell, in their order.
    package let commands: [String]

    /// The created files and the next commands, for people.
    package var report: String {
        (["Created:"] + items.map { "  \($0.path)" } + [advice] + commands.map { "  \($0)" })
            .map { $0 + "\n" }.joined()
    }

    /// - Parameters:
    ///   - directory: as the command line names it.
    ///   - every: nil for the interval that is shipped.
    /// - Throws: ``SetupProblem`` about the command line.
    package init(
        _ scheduler: Scheduler, in directory: String, every: RunInterval?, on host: SetupHost
    ) throws(SetupProblem) {
        guard let directory = try? Directory.absolutePath(directory) else {
            throw SetupProblem(.configuration, "the working directory is gone; name an absolute directory")
        }
        try Self.checkCharacters(of: directory, "directory")
        self.directory = directory
        let texts = SetupTexts(scheduler: scheduler, directory: directory, every: every ?? .shipped, host: host)
        let root = directory.dropLast(ConfigurationLocation.system.count)
        var group = host.group
        var items: [Item] = []
        func add(_ name: String, mode: UInt32, owner: UInt32? = nil, group: UInt32? = nil, _ text: String? = nil) {
            items.append(
                Item(
                    path: name.hasPrefix("/") ? name : "\(directory)/\(name)",
                    attributes: PublishedAttributes(mode: mode, owner: owner, group: group), text: text))
        }
        add("secrets", mode: 0o700, owner: scheduler == .cron ? host.user : nil)
        switch scheduler {
        case .systemd:
            guard directory.hasSuffix(ConfigurationLocation.system) else {
                throw SetupProblem(
                    .usage,
                    "the shipped units read \(ConfigurationLocation.system), not \(directory); run init as root "
                        + "without a directory, or choose --for cron")
            }
            // The numbers of an image's groups are not known.
            if !root.isEmpty { group = nil }
            if every != nil {
                add("\(root)/etc/systemd/system/doku-token-rotator.timer.d/every.conf", mode: 0o644, texts.timer)
            }
            commands = texts.systemdCommands(root: String(root))
        case .cron:
            try Self.checkCharacters(of: host.program, "program")
            if host.user == nil { add("tokens", mode: 0o700) }
            add("crontab", mode: 0o644, texts.crontab)
            commands = texts.cronCommands
        case .kubernetes:
            group = nil
            add("kustomization.yaml", mode: 0o644, texts.kustomization)
            commands = texts.kubernetesCommands
        }
        add(
            ConfigurationLocation.fileName, mode: group == nil ? 0o644 : 0o640, group: group, texts.configuration)
        self.items = items
        advice =
            "Write your brand into config.yaml\(scheduler == .kubernetes ? ", and your image into kustomization.yaml" : "")."
            + " The first command reads the secret until Ctrl-D:"
    }

    /// Commands, units and tables each have their own quotes, so only characters that need none are accepted.
    private static func checkCharacters(of path: String, _ what: String) throws(SetupProblem) {
        let isPlain = path.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "/._-+@".utf8.contains(byte)
        }
        guard isPlain else {
            throw SetupProblem(
                .usage,
                "the path of the \(what), \(VisibleText.escaping(path)), has characters that schedulers treat "
                    + "specially; use a path of letters, digits and / . _ - + @")
        }
    }
}
