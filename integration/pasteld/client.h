// Part of smartpool. Copyright (c) 2026 The smartpool developers. MIT License, see LICENSE.
//
// The node's end of the node interface (docs/pasteld.md): what a node asks smartpoold about blocks, payouts and Supernodes.
#pragma once

#include <chrono>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>

#include "answer.h"
#include "http.h"

namespace smartpool {

// Client asks one smartpoold. It is safe for many threads; they wait for one another. Every call throws NoAnswer if there is none.
class Client {
public:
    struct Config {
        std::string address = "127.0.0.1:9735"; // numeric, on loopback
        std::string cookie;                     // file that smartpoold writes, .cookie in its data folder
        // How long an answer may take, the wait for other threads included. A node holds its locks while it asks.
        std::chrono::milliseconds question{5'000};
        std::chrono::milliseconds step{180'000}; // longer than smartpoold waits for its database
        std::function<bool()> stopping;          // true once the node shuts down: it then waits no longer; may be empty
    };

    // Throws std::invalid_argument if the address is not one on loopback. It does not connect yet.
    explicit Client(Config config);

    // tip returns where the rules are. After a step that got no answer it tells whether the step was made.
    Tip tip();

    // connectBlock has the rules take a block on top of their tip. A block that is the tip already is connected.
    Verdict connectBlock(const Bytes& block);

    // disconnectBlock has the rules take their tip back, which must be this block.
    Verdict disconnectBlock(const std::string& hash);

    // checkTransaction asks whether a block of this time, in seconds since 1970, may hold a transaction on top of the tip.
    Verdict checkTransaction(const Bytes& tx, std::uint32_t time);

    Payouts payouts();

    // supernode asks about the collateral reference (activation, ffffffff).
    SupernodeAt supernode(const std::string& activation);

    // checkLaunch asks whether a machine may run the Supernode: key is its compressed public key in hex; time and signature are those
    // that travel in the announcement.
    Verdict checkLaunch(const std::string& activation, const std::string& key, const std::string& time, const std::string& signature);

private:
    template <typename Answer>
    Answer call(const char* method, const std::string& params, std::chrono::milliseconds limit, std::size_t maxAnswer,
                Answer (*read)(std::string_view, int, std::uint64_t));
    Response ask(const std::string& body, std::size_t maxAnswer, Clock::time_point deadline);
    std::string request(const std::string& body) const;
    void readCookie();

    const Config config_;
    std::timed_mutex turn_; // guards what follows
    Connection connection_;
    std::string credentials_; // base64 of what is in the cookie file; empty until it is read
    std::uint64_t lastId_ = 0;
};

// toBase64 encodes bytes as HTTP's Basic authentication wants them.
std::string toBase64(std::string_view bytes);

} // namespace smartpool
