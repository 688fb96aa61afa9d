// SPDX-License-Identifier: Apache-2.0
// The module Doctor: it checks a host before its first run, and previews the signature of a request.

internal import DurableFiles
package import Model
internal import Processes
internal import Publishing
internal import Settings

/// Checks this host before a run, with the code that the run uses. It reads every input and probes every write.
/// It requests no token from DOKU and leaves no file behind.
package struct HostCheckup: Sendable {
    /// The program that runs `doctor` inside the sandbox of the systemd unit. The package installs it.
    package static let insideService = "/usr/share/doku-token-rotator/doctor-as-service"

    private let configurationFile: String
    private let brands: [String]?
    private let shard: Shard?
    private let stop: Cancellation
    private let schedulers: SchedulerFiles
    private let destinations: DestinationMaker

    package init(
        configurationFile: String, brands: [String]?, shard: Shard?, stop: Cancellation,
        schedulers: SchedulerFiles = SchedulerFiles(), destinations: @escaping DestinationMaker = { _, _, _ in [] }
    ) {
        self.schedulers = schedulers
        self.destinations = destinations
        self.configurationFile = configurationFile
        self.brands = brands
        self.shard = shard
        self.stop = stop
    }

    /// May wait for secret commands and the network, like a run. After a stop the report omits the remaining checks.
    package func report() throws(InvalidSelection) -> HostReport {
        var head = DocumentHead("doctor", configuration: configurationFile, shard: shard)
        let file: InputFile
        let configuration: Configuration
        do {
            file = try InputFile(path: configurationFile)
            configuration = try ConfigurationSource.read(file, path: configurationFile)
        } catch {
            let lines = (error as? InvalidConfiguration)?.lines ?? [ConfigurationSource.problem(error)]
            head.problems = ConfigurationSource.problems(error, in: configurationFile)
            return HostReport(
                findings: lines.map { HostFinding(.configuration, configurationFile, .fail, $0) }, head: head)
        }
        head.endpoint = configuration.endpoint.url
        let selection = try Selection(of: configuration, names: brands, shard: shard)
        let pool = WorkerPool(width: 512)
        let directories = OutputDirectories(pool: pool, patience: configuration.patience)
        // These remove secrets from the environment, before another thread reads it.
        let secrets = SecretCheckup(configuration, selection, directories, pool)
        let followUp = FollowUpCheckup(configuration, directories)
        var findings = configurationFindings(configuration, selection, file)
        findings.append(lockFinding(file))
        findings += ScheduleCheckup(
            schedulers, configurationFile: configurationFile, runEvery: configuration.runEvery
        ).findings()
        findings += NetworkCheckup(configuration, stop).findings()
        let published = PublishedState(of: configuration, selection.brands, in: directories, stop: stop)
        if stop.reason == nil { findings += secrets.findings(stop) }
        if stop.reason == nil {
            findings += OutputCheckup(configuration, selection.brands, published, directories).findings()
        }
        if stop.reason == nil { findings += followUp.findings(stop) }
        if stop.reason == nil, !configuration.destinations.isEmpty {
            let shared = destinations(configuration, stop, .now + configuration.deadline)
            findings += DestinationCheckup(shared, selection.brands).findings()
        }
        return HostReport(findings: findings, head: head, stop: stop.reason?.exitStatus)
    }

    private func configurationFindings(
        _ configuration: Configuration, _ selection: Selection, _ file: InputFile
    ) -> [HostFinding] {
        let count = selection.brands.count
        var findings = [
            HostFinding(
                .configuration, configurationFile, .ok,
                "valid, \(count == 1 ? "1 brand" : "\(count) brands")")
        ]
        if file.isWritableByOthers {
            findings.append(
                HostFinding(
                    .configuration, configurationFile, .warn,
                    "is world-writable, so any user can choose the commands of a run: chmod o-w it"))
        }
        let longest = configuration.deadline + configuration.splay
        if longest >= configuration.runEvery {
            findings.append(
                HostFinding(
                    .configuration, configurationFile, .warn,
                    "a run may take deadline + splay = \(DurationText.render(longest)), but the next one starts after "
                        + "run_every \(DurationText.render(configuration.runEvery)) and would find the lock held; "
                        + "shorten deadline, or run less often"))
        }
        if let owner = file.foreignOwner {
            findings.append(
                HostFinding(
                    .configuration, configurationFile, .warn,
                    "belongs to user \(owner), who can choose the commands of a run: chown it to this user or to root"))
        }
        let isRoot = ProcessIdentity.user == 0
        findings.append(
            HostFinding(
                .user, "user \(ProcessIdentity.user), group \(ProcessIdentity.group)", isRoot ? .warn : .ok,
                isRoot
                    ? "root does not see what the user of the runs sees; run doctor as that user, for the systemd unit "
                        + "with \(Self.insideService)"
                    : "the other checks apply to this user"))
        return findings
    }

    /// Releases the lock at once. Only a run that starts at the same moment can find it held.
    private func lockFinding(_ file: InputFile) -> HostFinding {
        do throws(FileError) {
            // This open file owns the lock and releases it when it is closed.
            let isFree = try InputFile(path: file.path).lock()
            return isFree
                ? HostFinding(.lock, file.path, .ok, "free")
                : HostFinding(
                    .lock, file.path, .warn,
                    "another run holds it, which is normal during a run; if it stays held, find the process with fuser")
        } catch {
            return HostFinding(.lock, file.path, .fail, "\(error)")
        }
    }
}
