// SPDX-License-Identifier: Apache-2.0

/// What Kubernetes takes as names (its documentation: "Object Names and IDs", "Labels and Selectors", "Secrets").
enum KubernetesName {
    /// RFC 1123 label: a namespace.
    static func isLabel(_ text: some StringProtocol) -> Bool {
        (1...63).contains(text.utf8.count) && isPart(text)
    }

    /// RFC 1123 subdomain: a Secret's name. Its parts between dots may be longer than a label.
    static func isSubdomain(_ text: some StringProtocol) -> Bool {
        (1...253).contains(text.utf8.count)
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { isPart($0) }
    }

    /// Of any length but none.
    private static func isPart(_ text: some StringProtocol) -> Bool {
        beginsAndEnds(text, isLowerAlphanumeric)
            && text.utf8.allSatisfy { isLowerAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    /// A key of a Secret, which becomes a file's name where the Secret is mounted.
    static func isKey(_ text: String) -> Bool {
        (1...253).contains(text.utf8.count) && text != "." && !text.hasPrefix("..")
            && text.utf8.allSatisfy { isAlphanumeric($0) || isPunctuation($0) }
    }

    /// `NAME` or `PREFIX/NAME`.
    static func isLabelKey(_ text: String) -> Bool {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2, let name = parts.last, isQualified(name) else { return false }
        return parts.count == 1 || isSubdomain(parts[0])
    }

    static func isLabelValue(_ text: String) -> Bool { isQualified(text) }

    private static func isQualified(_ text: some StringProtocol) -> Bool {
        (1...63).contains(text.utf8.count) && beginsAndEnds(text, isAlphanumeric)
            && text.utf8.allSatisfy { isAlphanumeric($0) || isPunctuation($0) }
    }

    private static func beginsAndEnds(_ text: some StringProtocol, _ isSound: (UInt8) -> Bool) -> Bool {
        text.utf8.first.map(isSound) ?? false && text.utf8.reversed().first.map(isSound) ?? false
    }

    private static func isLowerAlphanumeric(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isLowerAlphanumeric(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    private static func isPunctuation(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
    }
}
