// SPDX-License-Identifier: Apache-2.0
// The module Doctor: it examines a host before its first run, and shows what a request is signed with.

internal import DurableFiles
package import Model
internal import Processes
internal import Publishing
internal import Settings

/// Looks at this host with the eyes of a run that is to come: what it needs is read, tried and taken back, by the code
/// that the run uses. Nothing is requested of DOKU, and nothing stays on disk.
package struct HostCheckup: Sendable {
    private let configurationFile: String
    private let brands: [String]?
    private let shard: Shard?
    private let stop: Cancellation
    private let destinations: DestinationMaker

    package init(
        configurationFile: String, brands: [String]?, shard: Shard?, stop: Cancellation,
        destinations: @escaping DestinationMaker = { _, _, _ in [] }
    ) {
        self.destinations = destinations
        self.configurationFile = configurationFile
        self.brands = brands
        self.shard = shard
        self.stop = stop
    }

    /// May wait for secret commands and for the network, as a run may. After a stop what is left out is not told of.
    package func report() throws(InvalidSelection) -> HostReport {
        let file: InputFile
        let configuration: Configuration
        do {
            file = try InputFile(path: configurationFile)
            configuration = try ConfigurationSource.read(file, path: configurationFile)
        } catch let error as InvalidConfiguration {
            return HostReport(findings: error.lines.map { HostFinding(.configuration, configurationFile, .fail, $0) })
        } catch {
            return HostReport(findings: [HostFinding(.configuration, configurationFile, .fail, "\(error)")])
        }
        let selection = try Selection(of: configuration, names: brands, shard: shard)
        let pool = WorkerPool(width: 512)
        let publication = Publication(
            directories: OutputDirectories(pool: pool, patience: configuration.patience), accounts: Accounts())
        // Takes secrets out of the environment: before anything reads that on another thread.
        let secrets = SecretCheckup(configuration, selection, publication.directories, pool)
        let followUp = FollowUpCheckup(configuration, publication.directories)
        var findings = configurationFindings(configuration, selection, file)
        findings.append(lockFinding(file))
        findings += NetworkCheckup(configuration, stop).findings()
        let brands = selection.brands.map { configuration.brands[$0] }
        let published = PublishedState(of: configuration, brands, publication: publication, pool: pool, stop: stop)
        if stop.reason == nil { findings += secrets.findings(stop) }
        if stop.reason == nil {
            findings += OutputCheckup(configuration, brands, published, publication).findings()
        }
        if stop.reason == nil { findings += followUp.findings(stop) }
        if stop.reason == nil, !configuration.stores.isEmpty {
            let shared = destinations(configuration, stop, .now + configuration.deadline)
            findings += DestinationCheckup(shared, brands).findings()
        }
        return HostReport(findings: findings)
    }

    private func configurationFindings(
        _ configuration: Configuration, _ selection: Selection, _ file: InputFile
    ) -> [HostFinding] {
        let count = selection.brands.count
        var findings = [
            HostFinding(
                .configuration, configurationFile, .ok,
                "valid, \(count == 1 ? "1 brand" : "\(count) brands") to look after")
        ]
        if file.status.isWritableByOthers {
            findings.append(
                HostFinding(
                    .configuration, configurationFile, .warn,
                    "may be written by everybody, and says which commands are run: chmod o-w it"))
        }
        let longest = configuration.deadline + configuration.splay
        if longest >= configuration.runEvery {
            findings.append(
                HostFinding(
                    .configuration, configurationFile, .warn,
                    "a run may take deadline + splay = \(DurationText.render(longest)), and the next one comes after "
                        + "run_every \(DurationText.render(configuration.runEvery)): it would find the lock held; "
                        + "shorten deadline, or run less often"))
        }
        findings.append(
            HostFinding(
                .user, "user \(ProcessIdentity.user), group \(ProcessIdentity.group)", .ok,
                ProcessIdentity.user == 0
                    ? "root, who may read and write everything; a run as another user needs this as that user"
                    : "what follows holds for this user"))
        return findings
    }

    /// The lock is let go at once: only a run that starts in this very moment could find it held.
    private func lockFinding(_ file: InputFile) -> HostFinding {
        do throws(FileError) {
            // An open file of its own: the lock goes with it.
            let isFree = try InputFile(path: file.path).lock()
            return isFree
                ? HostFinding(.lock, file.path, .ok, "free")
                : HostFinding(
                    .lock, file.path, .warn,
                    "another run holds it: all is well if one is at work, and if it ends (fuser shows who it is)")
        } catch {
            return HostFinding(.lock, file.path, .fail, "\(error)")
        }
    }
}
