// Part of smartpool. Copyright (c) 2026 The smartpool developers. MIT License, see LICENSE.
//
// The node's side of the node interface (docs/pasteld.md): what a node asks smartpoold about blocks, payouts and Supernodes.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "answer.h"
#include "http.h"

namespace smartpool {

// Client asks one smartpoold. It is thread-safe; threads wait for each other. Every call throws NoAnswer if there is no answer.
class Client {
public:
    struct Config {
        std::string address = "127.0.0.1:9735"; // numeric, on loopback
        std::string cookie;                     // written by smartpoold: .cookie in its data folder
        // Time limits of an answer, including the wait for other threads. A node holds its locks while it asks.
        std::chrono::milliseconds question{5'000};
        std::chrono::milliseconds step{180'000}; // longer than smartpoold waits for its database
        std::function<bool()> stopping;          // returns true once the node shuts down: the client then stops waiting; may be empty
    };

    // Throws std::invalid_argument if the address is not on loopback. It does not connect yet.
    explicit Client(Config config);

    // tip returns the position of the rules. After a step without an answer, it shows whether the step was made.
    Tip tip();

    // connectBlock connects a block on top of the rules' tip. Connecting the tip again succeeds.
    Verdict connectBlock(const Bytes& block);

    // disconnectBlock takes back the rules' tip, which must be this block.
    Verdict disconnectBlock(const std::string& hash);

    // checkTransaction asks whether a block with this time, in seconds since 1970, may contain a transaction on top of the tip.
    Verdict checkTransaction(const Bytes& tx, std::uint32_t time);

    Payouts payouts();

    // supernode asks about the collateral reference (activation, ffffffff).
    SupernodeAt supernode(const std::string& activation);

    // checkLaunch asks whether a machine may run the Supernode. key is its compressed public key in hex; time and signature are those in
    // the announcement.
    Verdict checkLaunch(const std::string& activation, const std::string& key, const std::string& time, const std::string& signature);

private:
    template <typename Answer>
    Answer call(const char* method, const std::string& params, std::chrono::milliseconds limit, std::size_t maxAnswer,
                Answer (*read)(std::string_view, int, std::uint64_t));
    Response ask(const std::string& body, std::size_t maxAnswer, Clock::time_point deadline);
    std::string request(const std::string& body) const;
    void readCookie();

    const Config config_;
    std::timed_mutex turn_; // guards the members below
    Connection connection_;
    std::string credentials_; // base64 of the cookie file's contents; empty until it is read
    std::uint64_t lastId_ = 0;
};

// toBase64 encodes bytes for HTTP's Basic authentication.
std::string toBase64(std::string_view bytes);

} // namespace smartpool
