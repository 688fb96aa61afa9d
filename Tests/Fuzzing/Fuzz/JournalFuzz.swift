// SPDX-License-Identifier: Apache-2.0

internal import Hooks

/// The journal of hooks: any bytes are refused, or read as a journal that is written as it was read and names nothing
/// that could not be a hook or a brand.
func fuzzJournal(_ bytes: [UInt8]) {
    guard let journal = try? HookJournal(bytes) else { return }
    let written = journal.bytes
    require((try? HookJournal(written)) == journal, "a journal that changes when it is written")
    for (name, entry) in journal.entries {
        for name in [name] + Array(entry.changed) + Array(entry.failed) {
            let isPlain = name.utf8.allSatisfy {
                (0x61...0x7a).contains($0) || (0x2d...0x39).contains($0) || $0 == 0x5f
            }
            require(isPlain && (1...63).contains(name.utf8.count) && !name.utf8.contains(0x2f), "a name that is none")
        }
    }
}
