// SPDX-License-Identifier: Apache-2.0

internal import Model
internal import YAML

extension ConfigurationReader {
    /// Hooks run one after the other, so many of them do not fit into a run.
    private static let hookLimit = 32

    mutating func readHooks(_ fields: Fields, into configuration: inout Configuration) {
        guard let node = value(.hooks, in: fields), let items = items(node, .hooks) else { return }
        if items.count > Self.hookLimit {
            problems.add(node.mark, "`hooks` has more than \(Self.hookLimit) items")
        }
        var places: [String: Mark] = [:]
        for item in items.prefix(Self.hookLimit) {
            if let hook = hook(item, configuration, &places) { configuration.hooks.append(hook) }
        }
    }

    private mutating func hook(
        _ node: YAMLNode, _ configuration: Configuration, _ places: inout [String: Mark]
    ) -> Hook? {
        guard let fields = fields(node, of: .hook, named: "a hook") else { return nil }
        let name = hookName(fields, &places)
        let argv = hookProgram(fields)
        let trigger = value(.when, in: fields) == nil ? .changed : choice(fields, .when, as: Hook.Trigger.self)
        var brands: Set<String>?
        if let node = value(.brands, in: fields), !isAll(node) {
            guard let chosen = namedBrands(node) else { return nil }
            brands = Set(chosen.values)
        }
        // A deadline shorter than the default timeout shortens the timeout, unless it was set.
        let timeout = duration(
            fields, .timeout, within: .milliseconds(100)...(.seconds(600)),
            otherwise: min(.seconds(30), configuration.deadline))
        if let timeout, timeout > configuration.deadline, let node = value(.timeout, in: fields) {
            problems.add(
                node.mark,
                "`timeout` \(DurationText.render(timeout)) is longer than "
                    + "`deadline` \(DurationText.render(configuration.deadline))",
                hint: "the deadline covers the whole run, including hooks")
        }
        guard let name, let argv, let trigger, let timeout else { return nil }
        return Hook(name: name, argv: argv, trigger: trigger, brands: brands, timeout: timeout)
    }

    private mutating func hookName(_ fields: Fields, _ places: inout [String: Mark]) -> String? {
        guard let node = value(.name, in: fields) else {
            problems.add(fields.mark, "`name` is missing", hint: "reports use it for the hook")
            return nil
        }
        guard let name = text(node, .name) else { return nil }
        guard Brand.isName(name) else {
            problems.add(
                node.mark, "`name` is not a valid hook name",
                hint: Self.nameHint)
            return nil
        }
        if let earlier = places[name] {
            problems.add(node.mark, "two hooks have this `name`: the other is in line \(earlier.line)")
            return nil
        }
        places[name] = node.mark
        return name
    }

    private mutating func hookProgram(_ fields: Fields) -> [String]? {
        guard let node = value(.run, in: fields) else {
            problems.add(fields.mark, "`run` is missing", hint: "a list: the program and its arguments")
            return nil
        }
        guard let items = items(node, .run) else { return nil }
        guard let program = items.first else {
            problems.add(node.mark, "`run` is an empty list", hint: "the program and its arguments")
            return nil
        }
        var argv: [String] = []
        for item in items {
            guard let text = text(item, .run) else { return nil }
            argv.append(text)
        }
        // A scheduler's working directory is arbitrary, so a relative path is a mistake.
        guard argv[0].utf8.first == 0x2F || !argv[0].utf8.contains(0x2F) else {
            problems.add(
                program.mark, "`run` must begin with an absolute path or a plain name",
                hint: "a plain name is looked up in PATH; no shell expands anything")
            return nil
        }
        return argv
    }
}
