// SPDX-License-Identifier: Apache-2.0
// The module Settings: from the bytes of a YAML file to a configuration, or to every problem with its place.

internal import DurableFiles
package import Model
internal import YAML

/// Reads the bytes of a configuration file into a ``Configuration``, or into all of its problems.
///
/// It looks only at those bytes. Files and secrets are checked when they are used.
package struct ConfigurationReader {
    /// The configuration file's path as typed.
    let file: String
    /// The configuration file's directory, the base of relative paths.
    let directory: String
    /// Whether only the owner may read the configuration file.
    let isPrivate: Bool
    let document: YAMLDocument

    var problems = ProblemList()
    var paths = PathClaims()
    /// The position of each brand's name.
    var brandPlaces: [String: (index: Int, mark: Mark)] = [:]
    /// The position of each client id. DOKU issues one token per client id, so two brands cannot share it.
    var clientIDPlaces: [String: Mark] = [:]
    /// The form of the last output. The next output usually has the same one.
    var lastForm: TokenOutput.Form?
    var stores = TokenStoreRegister()
    /// Brands that have no output and are in no snippet so far, by name.
    var uncovered: [String: Mark] = [:]
    /// How many more outputs there may be; negative after the problem was noted.
    private var placesLeft = Self.placeLimit
    /// How many more names may be compared to find suggestions.
    var suggestionBudget = 50_000
    /// The receivers of the report, as far as they were read.
    var report = ReportDestinations()
    /// How long a token must be valid, if the settings for that are valid.
    var nextRun: NextRun?

    /// Reads one file's bytes.
    ///
    /// - Parameters:
    ///   - bytes: The file, UTF-8 with or without a byte order mark.
    ///   - file: Its path as typed. Messages show it, and relative paths start from its directory.
    ///   - isPrivate: Whether only the owner may read the file. Only then may it contain a secret.
    /// - Throws: All problems together. A YAML syntax error is thrown alone.
    package static func read(
        _ bytes: consuming [UInt8], file: String, isPrivate: Bool
    ) throws(InvalidConfiguration) -> Configuration {
        let document: YAMLDocument
        do throws(YAMLError) {
            // `consume` frees a large file before its nodes are read.
            document = try YAMLParser.parse(consume bytes, knownKeys: ConfigurationKey.names)
        } catch {
            throw InvalidConfiguration(
                file: file,
                problems: [
                    ConfigurationProblem(
                        line: error.mark.line, column: error.mark.column, message: error.message, hint: error.hint)
                ])
        }
        var reader = ConfigurationReader(document, file: file, isPrivate: isPrivate)
        let configuration = reader.configuration()
        let (problems, omitted) = reader.problems.sorted()
        guard problems.isEmpty, let configuration else {
            throw InvalidConfiguration(file: file, problems: problems, omitted: omitted, report: reader.report)
        }
        return configuration
    }

    /// The limit of outputs of all brands and snippets. A few lines of a configuration can expand to millions.
    static let placeLimit = 200_000

    /// Takes `count` outputs from the limit.
    /// - Returns: false if the limit is exceeded, which is noted once.
    mutating func take(places count: Int, at mark: Mark) -> Bool {
        guard placesLeft >= 0 else { return false }
        placesLeft -= count
        guard placesLeft < 0 else { return true }
        problems.add(
            mark, "the brands have more than \(Self.placeLimit) outputs in all",
            hint: "split it into several configurations")
        return false
    }

    private init(_ document: YAMLDocument, file: String, isPrivate: Bool) {
        self.document = document
        self.file = file
        self.isPrivate = isPrivate
        directory = LexicalPath.directory(of: file)
        paths.note(LexicalPath.resolve(file, in: ""), as: .configuration, at: Mark(line: 1, column: 1))
    }

    /// nil only if a problem was noted.
    private mutating func configuration() -> Configuration? {
        guard let fields = fields(document.root, of: .configuration, named: "the file") else { return nil }
        readReport(fields)
        let endpoint = endpoint(fields)
        var configuration = Configuration(endpoint: endpoint ?? .test)
        configuration.file = file
        readTimes(fields, into: &configuration)
        readNetwork(fields, into: &configuration)
        let defaults = value(.defaults, in: fields).map { brandDefaults($0) } ?? BrandSettings()
        if let brands = value(.brands, in: fields) {
            readBrands(brands, defaults: defaults, into: &configuration)
        } else {
            problems.add(
                fields.mark, "`brands` is missing", hint: "a list of brands, each with name, client_id and secret")
        }
        finishStores(into: &configuration)
        readSnippets(fields, into: &configuration)
        readHooks(fields, into: &configuration)
        configuration.stateDirectory = value(.stateDir, in: fields).flatMap { fixedPath($0, .stateDir) }
        for mark in uncovered.values {
            problems.add(
                mark, "this brand has neither an output nor a snippet", hint: "its token would not be written anywhere")
        }
        configuration.report = report
        return endpoint == nil ? nil : configuration
    }

    private mutating func endpoint(_ fields: Fields) -> Endpoint? {
        guard let node = value(.endpoint, in: fields) else {
            problems.add(fields.mark, "`endpoint` is missing", hint: "test, production or a URL")
            return nil
        }
        return url(node, .endpoint, Endpoint.init(parsing:))
    }

    /// Reads a URL, or adds the problem.
    mutating func url<URL>(
        _ node: YAMLNode, _ key: ConfigurationKey, _ read: (String) throws(ServerURL.Fault) -> URL
    ) -> URL? {
        guard let text = text(node, key) else { return nil }
        do throws(ServerURL.Fault) {
            return try read(text)
        } catch {
            problems.add(node.mark, error.message, hint: error.hint)
            return nil
        }
    }

    private mutating func readTimes(_ fields: Fields, into configuration: inout Configuration) {
        let minutes = Duration.seconds(60)
        let runEvery = duration(
            fields, .runEvery, within: minutes...minutes * 60 * 24 * 30, otherwise: configuration.runEvery)
        let deadline = duration(
            fields, .deadline, within: .seconds(5)...minutes * 60, otherwise: configuration.deadline)
        // A deadline shorter than the default request timeout shortens the timeout, unless it was set.
        let requestTimeout = duration(
            fields, .requestTimeout, within: .milliseconds(100)...minutes * 5,
            otherwise: min(configuration.requestTimeout, deadline ?? configuration.deadline))
        if let requestTimeout, let deadline, requestTimeout > deadline, let node = value(.requestTimeout, in: fields) {
            problems.add(
                node.mark,
                "`request_timeout` \(DurationText.render(requestTimeout)) is longer than "
                    + "`deadline` \(DurationText.render(deadline))")
        }
        let connectTimeout = duration(
            fields, .connectTimeout, within: .milliseconds(100)...minutes * 5, otherwise: configuration.connectTimeout
        )
        let splay = duration(fields, .splay, within: .zero...minutes * 60, otherwise: configuration.splay)
        if let splay, let runEvery, splay > .zero, splay >= runEvery, let node = value(.splay, in: fields) {
            problems.add(
                node.mark,
                "`splay` \(DurationText.render(splay)) is not shorter than `run_every` \(DurationText.render(runEvery))",
                hint: "the next run would start while this one waits")
        } else if let runEvery, let deadline, let splay {
            nextRun = NextRun(runEvery: runEvery, deadline: deadline, splay: splay)
        }
        configuration.splay = splay ?? configuration.splay
        configuration.runEvery = runEvery ?? configuration.runEvery
        configuration.deadline = deadline ?? configuration.deadline
        configuration.requestTimeout = requestTimeout ?? configuration.requestTimeout
        configuration.connectTimeout = connectTimeout ?? configuration.connectTimeout
    }

    private mutating func readNetwork(_ fields: Fields, into configuration: inout Configuration) {
        configuration.concurrency = integer(fields, .concurrency, within: 1...1024) ?? configuration.concurrency
        configuration.connections = integer(fields, .connections, within: 1...256) ?? configuration.connections
        configuration.attempts = integer(fields, .attempts, within: 1...10) ?? configuration.attempts
        configuration.responseVerification =
            choice(fields, .verifyResponse) ?? configuration.responseVerification
        if let node = value(.tls, in: fields), let tls = self.fields(node, of: .tls, named: "`tls`") {
            configuration.tls.caFile = value(.caFile, in: tls).flatMap { fixedPath($0, .caFile) }
            configuration.tls.caDirectory = value(.caDirectory, in: tls).flatMap { fixedPath($0, .caDirectory) }
            report.tls = configuration.tls
        }
        configuration.proxy = value(.proxy, in: fields).flatMap { url($0, .proxy, ServerURL.proxy) }
        report.proxy = configuration.proxy
    }
}

extension NextRun {
    /// The sum that makes up ``end``, for messages.
    var arithmetic: String {
        "run_every \(DurationText.render(runEvery)) + deadline \(DurationText.render(deadline)) + "
            + (splay > .zero ? "splay \(DurationText.render(splay)) + " : "")
            + "\(DurationText.render(Self.tolerance)) = \(DurationText.render(end))"
    }
}
