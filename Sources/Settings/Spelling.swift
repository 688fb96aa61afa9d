// SPDX-License-Identifier: Apache-2.0

/// Suggests the word that was probably meant.
package enum Spelling {
    /// Longer words get no suggestion, because the work grows with the square of the length.
    private static let lengthLimit = 64

    /// The candidate closest to `word`: at most two edits away, or one for words of up to four letters.
    package static func suggestion(for word: String, among candidates: some Sequence<String>) -> String? {
        let letters = Array(word.utf8)
        guard letters.count <= lengthLimit else { return nil }
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let other = Array(candidate.utf8)
            let limit = min(letters.count, other.count) <= 4 ? 1 : 2
            guard abs(other.count - letters.count) <= limit else { continue }
            let distance = distance(letters, other)
            if distance <= min(limit, (best?.distance ?? .max) - 1) { best = (candidate, distance) }
        }
        return best?.candidate
    }

    /// The number of edits between two words: insert, delete, replace, swap neighbours (optimal string alignment).
    private static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for i in left.indices {
            var row = [i + 1]
            for j in right.indices {
                var cost = min(last[j] + (left[i] == right[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, left[i] == right[j - 1], left[i - 1] == right[j] {
                    cost = min(cost, beforeLast[j - 1] + 1)
                }
                row.append(cost)
            }
            beforeLast = last
            last = row
        }
        return last[right.count]
    }
}
