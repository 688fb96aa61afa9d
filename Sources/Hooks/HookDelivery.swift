// SPDX-License-Identifier: Apache-2.0
// The module Hooks: it runs the operator's programs after a change, and records those that are still pending.

internal import DurableFiles
package import Model
internal import Processes
internal import Synchronization

/// The hooks of one run, including those that earlier runs did not deliver.
///
/// Each hook is delivered at least once for each change. The journal records the hook before the first file changes.
/// It removes the hook after the program exits with 0. So a run may be killed at any time.
package final class HookDelivery: Sendable {
    private struct State: Sendable {
        /// The current journal, and the one on disk; nil if that is unknown, or could not be written.
        var journal: HookJournal
        var written: HookJournal?
        var warnings: [String] = []
    }

    private let configuration: Configuration
    /// The hooks that concern a brand of the run, in the order of the configuration.
    private let hooks: [Hook]
    private let directory: StateDirectory?
    private let stop: Cancellation
    private let began: Timestamp
    /// The pending hooks at the start of the run.
    private let owed: HookJournal
    private let state: Mutex<State>

    /// Reads the journal. The caller holds the run's lock, except in a dry run.
    package init(
        _ configuration: Configuration, _ selection: Selection, began: Timestamp, isDryRun: Bool, stop: Cancellation
    ) {
        self.stop = stop
        self.configuration = configuration
        self.began = began
        hooks = configuration.hooks.filter { hook in selection.brands.contains(where: hook.concerns) }
        directory = hooks.isEmpty ? nil : StateDirectory(of: configuration)
        var journal = HookJournal()
        var written: HookJournal?
        var warnings: [String] = []
        switch directory?.readJournal(sweeping: !isDryRun, stop: stop) {
        case .journal(let found):
            written = found
            journal = found
        case .unknown(let what):
            // An extra delivery is better than a missing one.
            for hook in configuration.hooks {
                // Each run finds out again which brands fail.
                let changed = hook.trigger == .failed ? [] : Self.names(of: hook, configuration)
                journal.entries[hook.name] = HookJournal.Entry(since: began, changed: changed)
            }
            warnings.append("hooks: \(what); every hook counts as pending")
        case .unusable(let error):
            warnings.append("hooks: state_dir cannot be used, so undelivered hooks are lost: \(error)")
        case nil: break
        }
        owed = Self.relevant(journal, configuration)
        state = Mutex(State(journal: owed, written: written, warnings: warnings))
    }

    package var isEmpty: Bool { hooks.isEmpty }

    package var warnings: [String] { state.withLock { $0.warnings } }

    /// The hooks that the next run will deliver, for a dry run.
    package var pending: [HookOutcome] {
        hooks.compactMap { hook in
            guard let entry = owed.entries[hook.name] else { return nil }
            var outcome = HookOutcome(name: hook.name, result: .pending)
            outcome.pendingSince = entry.since
            outcome.message = "an earlier run did not deliver it; the next run delivers it"
            return outcome
        }
    }

    // MARK: The journal

    /// The names of the brands that a hook is configured for.
    private static func names(of hook: Hook, _ configuration: Configuration) -> Set<String> {
        hook.brands ?? Set(configuration.brands.lazy.map(\.name))
    }

    /// The journal without hooks and brands that are no longer configured.
    private static func relevant(_ journal: HookJournal, _ configuration: Configuration) -> HookJournal {
        var relevant = HookJournal()
        for hook in configuration.hooks {
            guard var entry = journal.entries[hook.name] else { continue }
            if !entry.hasNoBrands {
                let names = names(of: hook, configuration)
                entry.changed.formIntersection(names)
                entry.failed.formIntersection(names)
                if entry.hasNoBrands { continue }
            }
            relevant.entries[hook.name] = entry
        }
        return relevant
    }

    /// Changes the journal, on disk too. A journal that cannot be written delays no token.
    private func update(_ change: (inout HookJournal) -> Void) {
        state.withLock { state in
            change(&state.journal)
            guard let directory, state.journal != state.written else { return }
            do throws(FileError) {
                try directory.write(state.journal, stop: stop)
                state.written = state.journal
            } catch {
                state.written = nil
                let warning = "hooks: the journal cannot be written, so undelivered hooks may be lost: \(error)"
                if !state.warnings.contains(warning) { state.warnings.append(warning) }
            }
        }
    }

    /// Records the hooks for these brands as pending. Call it before the first file changes.
    ///
    /// - Parameter brands: names of the brands that may change.
    package func announce(_ brands: Set<String>) {
        update { journal in
            for hook in hooks where hook.trigger != .failed {
                let names = Self.names(brands, hook)
                guard !names.isEmpty else { continue }
                let entry = HookJournal.Entry(since: began, changed: names)
                journal.entries[hook.name] = owed.entries[hook.name].map { $0.merged(with: entry) } ?? entry
            }
        }
    }

    // MARK: Delivery

    /// Runs the needed hooks one after the other, and records those that could not be delivered.
    ///
    /// - Parameters:
    ///   - changed: names of the brands with a newly published token.
    ///   - failed: names of the brands that failed.
    package func deliver(
        changed: Set<String>, failed: Set<String>, runID: String, exitStatus: ExitStatus,
        deadline: ContinuousClock.Instant, redact: ([UInt8]) -> String?
    ) -> [HookOutcome] {
        guard !hooks.isEmpty else { return [] }
        var needed: [String: HookJournal.Entry] = [:]
        for hook in hooks {
            needed[hook.name] = need(hook, Self.names(changed, hook), Self.names(failed, hook))
        }
        update { journal in
            for hook in hooks {
                let entry = needed[hook.name]
                // The next run runs an `always` hook without brands anyway.
                let isOwed = hook.trigger != .always || entry?.hasNoBrands == false || owed.entries[hook.name] != nil
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
            if outcome.isUndelivered { outcome.message = (outcome.message ?? "") + "; " + consequence }
            return outcome
        }
    }

    private var consequence: String {
        if directory == nil { return "it is lost, since there is no state_dir" }
        return state.withLock { $0.written == nil }
            ? "it is lost, since the journal could not be written" : "the next run delivers it"
    }

    /// The journal entry of a hook; nil if the hook is not needed.
    private func need(_ hook: Hook, _ changed: Set<String>, _ failed: Set<String>) -> HookJournal.Entry? {
        let new = HookJournal.Entry(since: began, changed: changed, failed: failed)
        if let old = owed.entries[hook.name] { return old.merged(with: new) }
        switch hook.trigger {
        case .changed: return changed.isEmpty ? nil : new
        case .failed: return failed.isEmpty ? nil : new
        case .always: return new
        }
    }

    /// The brands among these that the hook is configured for.
    private static func names(_ brands: Set<String>, _ hook: Hook) -> Set<String> {
        hook.brands.map(brands.intersection) ?? brands
    }
}
