// SPDX-License-Identifier: Apache-2.0
// The module Hooks: it runs the operator's programs after a change, and remembers those that are still to be run.

internal import DurableFiles
package import Model
internal import Processes
internal import Synchronization

/// The hooks that one run is about: from what earlier runs owe to what this one leaves.
///
/// A hook is delivered at least once for each change that it is for: the journal tells of it before the first file
/// changes, and forgets it after the hook has ended well. So a run may be killed anywhere.
package final class HookDelivery: Sendable {
    private struct State: Sendable {
        /// What is to be in the journal, and what is in it.
        var journal: HookJournal
        var written: HookJournal?
        var warnings: [String] = []
        /// Whether the journal could not be written.
        var isForgetful: Bool
    }

    private let configuration: Configuration
    /// Those that concern a brand of the run, in the order of the configuration.
    private let hooks: [Hook]
    private let directory: StateDirectory?
    private let stop: Cancellation
    private let began: Timestamp
    /// What was owed when the run began.
    private let owed: HookJournal
    private let state: Mutex<State>

    /// Reads the journal. The caller holds the run's lock, unless the run only plans.
    package init(
        _ configuration: Configuration, _ selection: Selection, began: Timestamp, isDryRun: Bool, stop: Cancellation
    ) {
        self.stop = stop
        self.configuration = configuration
        self.began = began
        hooks = configuration.hooks.filter { hook in selection.brands.contains(where: hook.concerns) }
        let directory = hooks.isEmpty ? nil : StateDirectory(of: configuration)
        self.directory = directory
        var journal = HookJournal()
        var written: HookJournal?
        var warnings: [String] = []
        switch directory?.readJournal(sweeping: !isDryRun, stop: stop) {
        case .journal(let found):
            written = found
            journal = found
        case .unknown(let what):
            // Rather once too often than never.
            for hook in configuration.hooks { journal.entries[hook.name] = Self.everything(hook, configuration, began) }
            warnings.append("hooks: \(what); every hook counts as pending")
        case .unusable(let error):
            warnings.append("hooks: state_dir cannot be used, so that undelivered hooks are lost: \(error)")
        case nil: break
        }
        let owed = Self.relevant(journal, configuration)
        self.owed = owed
        state = Mutex(State(journal: owed, written: written, warnings: warnings, isForgetful: directory == nil))
    }

    package var isEmpty: Bool { hooks.isEmpty }

    package var warnings: [String] { state.withLock { $0.warnings } }

    /// What the next run will deliver, for a run that only plans.
    package var pending: [HookOutcome] {
        hooks.compactMap { hook in
            guard let entry = owed.entries[hook.name] else { return nil }
            var outcome = HookOutcome(name: hook.name, result: .pending)
            outcome.pendingSince = entry.since
            outcome.message = "an earlier run owes it; the next run delivers it"
            return outcome
        }
    }

    // MARK: The journal

    private static func everything(_ hook: Hook, _ configuration: Configuration, _ now: Timestamp) -> HookJournal.Entry
    {
        var entry = HookJournal.Entry(since: now)
        // Who failed is seen anew in each run.
        guard hook.trigger != .failed else { return entry }
        for (index, brand) in configuration.brands.enumerated() where hook.concerns(index) {
            entry.changed.insert(brand.name)
        }
        return entry
    }

    /// Without hooks and brands that are no longer configured.
    private static func relevant(_ journal: HookJournal, _ configuration: Configuration) -> HookJournal {
        guard !journal.entries.isEmpty else { return journal }
        var relevant = HookJournal()
        for hook in configuration.hooks {
            guard var entry = journal.entries[hook.name] else { continue }
            if !entry.namesNobody {
                let names = Set(
                    configuration.brands.indices.filter(hook.concerns).map { configuration.brands[$0].name })
                entry.changed.formIntersection(names)
                entry.failed.formIntersection(names)
                if entry.namesNobody { continue }
            }
            relevant.entries[hook.name] = entry
        }
        return relevant
    }

    /// Makes the journal what `change` says, on disk too. Tokens do not wait for a journal that cannot be written.
    private func update(_ change: (inout HookJournal) -> Void) {
        state.withLock { state in
            change(&state.journal)
            guard let directory, state.journal != state.written else { return }
            do throws(FileError) {
                try directory.write(state.journal, stop: stop)
                state.written = state.journal
                state.isForgetful = false
            } catch {
                // What is on disk now is not known.
                state.written = nil
                state.isForgetful = true
                let warning = "hooks: the journal cannot be written, so that undelivered hooks may be lost: \(error)"
                if !state.warnings.contains(warning) { state.warnings.append(warning) }
            }
        }
    }

    /// To be called before the first file changes: whatever happens from here on, the hooks for these brands are owed.
    ///
    /// - Parameter brands: names of those that may change.
    package func announce(_ brands: Set<String>) {
        update { journal in
            for hook in hooks where hook.trigger != .failed {
                let names = Self.names(brands, hook, configuration)
                guard !names.isEmpty else { continue }
                let entry = HookJournal.Entry(since: began, changed: names)
                journal.entries[hook.name] = owed.entries[hook.name].map { $0.merged(with: entry) } ?? entry
            }
        }
    }

    // MARK: Delivery

    /// Runs the hooks that are needed, one after the other, and remembers those that could not be delivered.
    ///
    /// - Parameters:
    ///   - changed: names of the brands of which a token was published.
    ///   - failed: names of the brands that failed.
    package func deliver(
        changed: Set<String>, failed: Set<String>, runID: String, exitStatus: ExitStatus,
        deadline: ContinuousClock.Instant, redact: ([UInt8]) -> String?
    ) -> [HookOutcome] {
        guard !hooks.isEmpty else { return [] }
        var needed: [String: HookJournal.Entry] = [:]
        for hook in hooks {
            needed[hook.name] = need(
                hook, Self.names(changed, hook, configuration), Self.names(failed, hook, configuration))
        }
        update { journal in
            for hook in hooks {
                let entry = needed[hook.name]
                // One that is run always, for nobody, is run by the next run anyway.
                let isOwed = hook.trigger != .always || entry?.namesNobody == false || owed.entries[hook.name] != nil
                journal.entries[hook.name] = isOwed ? entry : nil
            }
        }
        return hooks.map { hook in
            guard let entry = needed[hook.name] else { return HookOutcome(name: hook.name, result: .notNeeded) }
            let call = HookCall(
                hook: hook, entry: entry, brands: configuration.brands, runID: runID, exitStatus: exitStatus,
                isOverdue: owed.entries[hook.name] != nil)
            var outcome = call.outcome(deadline: deadline, stop: stop, redact: redact)
            update { $0.entries[hook.name] = outcome.isUndelivered ? entry : nil }
            if outcome.isUndelivered { outcome.message = (outcome.message ?? "") + "; " + fate }
            return outcome
        }
    }

    private var fate: String {
        if directory == nil { return "it is lost, since there is no state_dir" }
        return state.withLock(\.isForgetful)
            ? "it is lost, since the journal could not be written" : "the next run delivers it"
    }

    /// nil where nothing asks for the hook.
    private func need(_ hook: Hook, _ changed: Set<String>, _ failed: Set<String>) -> HookJournal.Entry? {
        let new = HookJournal.Entry(since: began, changed: changed, failed: failed)
        if let old = owed.entries[hook.name] { return old.merged(with: new) }
        switch hook.trigger {
        case .changed: return changed.isEmpty ? nil : new
        case .failed: return failed.isEmpty ? nil : new
        case .always: return new
        }
    }

    private static func names(_ brands: Set<String>, _ hook: Hook, _ configuration: Configuration) -> Set<String> {
        guard let own = hook.brands else { return brands }
        return brands.intersection(own.map { configuration.brands[$0].name })
    }
}
