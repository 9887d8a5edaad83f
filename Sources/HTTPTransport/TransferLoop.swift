import CCurl
import Synchronization

/// The thread that runs a client's transfers, all at once, over libcurl's multi interface.
///
/// `@unchecked Sendable`: the multi handle is used by the loop's thread alone, except for `curl_multi_wakeup`, which may be
/// called from any thread; everything else is behind the lock.
final class TransferLoop: @unchecked Sendable {
    private struct Orders {
        var submitted: [Transfer] = []
        var cancelled: [Transfer] = []
        var isStopping = false
        var isRunning = false
    }

    private let multi: UnsafeMutableRawPointer?
    private let orders = Mutex(Orders())
    /// Of the loop's thread.
    private var running: [UnsafeMutableRawPointer: Transfer] = [:]

    init(maximumConnections: Int) {
        multi = Curl.isReady ? curl_multi_init() : nil
        guard let multi else { return }
        let count = max(1, maximumConnections)
        hexi_curl_multi_set_number(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, count)
        hexi_curl_multi_set_number(multi, CURLMOPT_MAXCONNECTS, count)
    }

    deinit { if let multi { curl_multi_cleanup(multi) } }

    /// Starts the transfer as soon as the thread gets to it. Its completion is called in any case, once.
    func submit(_ transfer: Transfer) {
        let mustStart = orders.withLock { orders in
            orders.submitted.append(transfer)
            defer { orders.isRunning = true }
            return !orders.isRunning
        }
        if mustStart {
            guard multi != nil, OwnThread.start("http-client", { [self] in run() }) else {
                orders.withLock { orders in
                    orders.isRunning = false
                    orders.submitted.removeAll { $0 === transfer }
                }
                return transfer.complete(.failure(.unavailable(reason: "no thread could be started")))
            }
        }
        wake()
    }

    func cancel(_ transfer: Transfer) {
        orders.withLock { $0.cancelled.append(transfer) }
        wake()
    }

    /// Breaks off what is running and ends the thread.
    func stop() {
        orders.withLock { $0.isStopping = true }
        wake()
    }

    private func wake() { if let multi { curl_multi_wakeup(multi) } }

    private func run() {
        guard let multi else { return }
        while takeOrders() {
            var count: Int32 = 0
            curl_multi_perform(multi, &count)
            readResults(multi)
            // Returns early when a socket is ready, a time-out of a transfer is due, or `wake` was called.
            curl_multi_poll(multi, nil, 0, 60_000, nil)
        }
        for transfer in Array(running.values) { end(transfer, .failure(.cancelled)) }
    }

    /// False when the thread is to end.
    private func takeOrders() -> Bool {
        let taken = orders.withLock { orders in
            defer {
                orders.submitted = []
                orders.cancelled = []
            }
            return orders
        }
        for transfer in taken.submitted {
            running[transfer.handle] = transfer
            if curl_multi_add_handle(multi, transfer.handle) != CURLM_OK {
                end(transfer, .failure(.unavailable(reason: "libcurl took no more transfers")))
            }
        }
        // A cancellation can come before its transfer was submitted: then it waits here, with `submit` sure to follow.
        for transfer in taken.cancelled {
            if running[transfer.handle] === transfer {
                end(transfer, .failure(.cancelled))
            } else if !transfer.isComplete {
                orders.withLock { $0.cancelled.append(transfer) }
            }
        }
        return !taken.isStopping
    }

    private func readResults(_ multi: UnsafeMutableRawPointer) {
        var left: Int32 = 0
        while let message = curl_multi_info_read(multi, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle,
                let transfer = running[handle]
            else { continue }
            end(transfer, transfer.outcome(message.pointee.data.result))
        }
    }

    private func end(_ transfer: Transfer, _ outcome: Transfer.Outcome) {
        curl_multi_remove_handle(multi, transfer.handle)
        running[transfer.handle] = nil
        transfer.complete(outcome)
    }
}
