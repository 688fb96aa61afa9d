// SPDX-License-Identifier: Apache-2.0

internal import Curl
internal import Model
internal import TokenRotation

/// What an answer of the API server means for a Secret and the brands in it.
struct SecretAnswer {
    private let reply: HTTPReply
    private let store: TokenStore
    private let namespace: String

    init(_ reply: HTTPReply, for store: TokenStore, namespace: String) {
        self.reply = reply
        self.store = store
        self.namespace = namespace
    }

    /// What messages call it.
    private var name: String { "the Secret \(namespace)/\(store.address.name)" }

    /// Of a GET.
    var contents: Result<SecretAccess.Contents, BrandFailure> {
        switch reply.status {
        case 200:
            guard let object = SecretObject(reply.body) else { return .failure(notUnderstood) }
            return .success(object.contents(of: store))
        // Nothing there yet. A namespace that is missing shows when something is written.
        case 404: return .success(SecretAccess.Contents())
        default: return .failure(failure(to: "read"))
        }
    }

    /// Of a PATCH.
    func result(of write: SecretAccess.Write) -> SecretAccess.WriteResult {
        switch reply.status {
        case 200, 201:
            guard let object = SecretObject(reply.body) else { return .failed(notUnderstood) }
            let values = object.contents(of: store).values
            guard let key = write.values.keys.sorted().first(where: { values[$0] != write.values[$0] }) else {
                return .written(version: object.metadata.resourceVersion)
            }
            return .failed(
                BrandFailure(
                    .storeRefused,
                    "\(name): the API server took the write, but the key \(key) does not hold what was written: does "
                        + "an admission webhook change it?"))
        // An admission webhook that knows no dry run refuses every one: the write itself will tell.
        case 400 where write.isProbe: return .written(version: nil)
        case 409: return conflict
        default: return .failed(failure(to: "write"))
        }
    }

    private var conflict: SecretAccess.WriteResult {
        let status = APIStatus(reply.body)
        guard !status.conflicts.isEmpty else { return .changed }
        let keys = Set(store.entries.map(\.key))
        var failures: [String: BrandFailure] = [:]
        for conflict in status.conflicts {
            let prefix = ".data."
            let key = String(conflict.field.dropFirst(prefix.count))
            guard conflict.field.hasPrefix(prefix), keys.contains(key) else {
                let field = VisibleText.escaping(String(conflict.field.prefix(200)))
                return .failed(
                    BrandFailure(
                        .storeConflict,
                        "\(name): \(field) belongs to \(conflict.manager): take it out of "
                            + "`labels`, or have it given up"))
            }
            failures[key] = BrandFailure(
                .storeConflict,
                "\(name): the key \(key) belongs to \(conflict.manager): name another key, or remove it there")
        }
        return .conflicts(failures)
    }

    private func failure(to verb: String) -> BrandFailure {
        let status = APIStatus(reply.body)
        let number = "HTTP \(reply.status)" + (status.reason.map { ", \($0)" } ?? "")
        switch reply.status {
        case 401:
            return BrandFailure(
                .storeUnauthorized,
                "\(name): the API server does not accept the service account's token (\(number)): it ended or was revoked"
            )
        case 403:
            let verbs = verb == "read" ? "get" : "patch, and create where it does not exist yet"
            return BrandFailure(
                .storeForbidden,
                "\(name): the service account may not \(verb) it (\(number)): its Role needs \(verbs); a quota or a "
                    + "policy refuses in the same way")
        case 404: return BrandFailure(.storeNotFound, "\(name): there is no namespace \(namespace) (\(number))")
        case 413: return tooLarge(number)
        case 422 where status.causes.contains("FieldValueTooLong"): return tooLarge(number)
        case 422:
            return BrandFailure(
                .storeRefused,
                "\(name): the API server refuses what was to be written (\(number)): is the Secret immutable?")
        case _ where Self.mayPass(reply):
            return BrandFailure(.storeUnavailable, "\(name): the API server failed to answer (\(number))")
        case 200..<300: return notUnderstood
        default:
            return BrandFailure(
                .storeRefused, "\(name): the API server refuses to \(verb) it (\(number)); kubectl shows its reasons")
        }
    }

    private func tooLarge(_ number: String) -> BrandFailure {
        BrandFailure(
            .storeTooLarge,
            "\(name): with what others keep in it, it would be larger than a Secret may be (1 MiB; \(number)): spread the "
                + "brands over several")
    }

    private var notUnderstood: BrandFailure {
        BrandFailure(
            .storeAnswer,
            "\(name): what answers at the API server's address is none (HTTP \(reply.status), no Secret)")
    }

    /// Whether the answer may be another one in a moment.
    static func mayPass(_ reply: HTTPReply) -> Bool {
        switch reply.status {
        case 429, 500, 502, 503, 504: true
        default: false
        }
    }
}
