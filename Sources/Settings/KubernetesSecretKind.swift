// SPDX-License-Identifier: Apache-2.0

internal import YAML

extension DestinationKind {
    /// A key of a Kubernetes Secret.
    static let kubernetesSecret = DestinationKind(
        key: .kubernetesSecret, section: .kubernetesSecret, noun: "Secret",
        parts: [
            Part(
                key: .namespace, example: nil,
                rule: "a valid namespace name: 1…63 of a-z 0-9 -, no dash at either end",
                isValid: KubernetesName.isLabel),
            Part(
                key: .name, example: "the Secret's name, as in doku-tokens",
                rule: "a Secret's name: 1…253 of a-z 0-9 - in parts between dots, each with a letter or digit at both "
                    + "ends",
                isValid: KubernetesName.isSubdomain),
            Part(
                key: .key, example: "as in \"{brand}\"",
                rule: "a Secret's key: 1…253 of A-Z a-z 0-9 . _ -, not beginning with two dots",
                isValid: KubernetesName.isKey),
        ],
        // `MaxSecretSize` of the Kubernetes API.
        capacity: 1024 * 1024,
        labels: { reader, fields in reader.kubernetesLabels(fields) },
        name: { "kubernetes:" + ($0["namespace"].map { "\($0)/" } ?? "") + ($0["name"] ?? "") })
}

extension ConfigurationReader {
    fileprivate mutating func kubernetesLabels(_ fields: Fields) -> [String: String]? {
        guard let field = fields[.labels] else { return [:] }
        guard field.node.kind == .mapping else { return refuse(field, "must be a mapping", hint: "of names to values") }
        let rule = "1…63 of A-Z a-z 0-9 . _ -, a letter or digit at both ends"
        var labels: [String: String] = [:]
        let pairs = Array(document.pairs(field.node))
        for pair in pairs {
            guard KubernetesName.isLabelKey(pair.key) else {
                problems.add(pair.mark, "this is not a valid label name", hint: "\(rule); or DOMAIN/NAME")
                continue
            }
            guard let text = text(Field(key: .labels, keyMark: pair.mark, node: pair.value)) else { continue }
            guard KubernetesName.isQualified(text) else {
                problems.add(pair.value.mark, "this is not a valid label value", hint: rule)
                continue
            }
            labels[pair.key] = text
        }
        return labels.count == pairs.count ? labels : nil
    }
}

/// Rules for names in Kubernetes (its documentation: "Object Names and IDs", "Labels and Selectors", "Secrets").
private enum KubernetesName {
    /// RFC 1123 label: a namespace.
    static func isLabel(_ text: String) -> Bool {
        (1...63).contains(text.utf8.count) && isPart(text)
    }

    /// RFC 1123 subdomain: a Secret's name. A part between dots may be longer than a label.
    static func isSubdomain(_ text: some StringProtocol) -> Bool {
        (1...253).contains(text.utf8.count)
            && text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { isPart($0) }
    }

    /// Not empty, but otherwise of any length.
    private static func isPart(_ text: some StringProtocol) -> Bool {
        beginsAndEnds(text, isLowerAlphanumeric)
            && text.utf8.allSatisfy { isLowerAlphanumeric($0) || $0 == UInt8(ascii: "-") }
    }

    /// A key of a Secret. A mounted Secret has a file of that name.
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

    /// A label's value, and the last part of its name.
    static func isQualified(_ text: some StringProtocol) -> Bool {
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
