// Part of smartpool. Copyright (c) 2026 The smartpool developers. MIT License, see LICENSE.
//
// What smartpoold answers, and how to read it: strictly, because a node accepts or refuses blocks by it.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace smartpool {

using Bytes = std::vector<unsigned char>;

// NoAnswer means that nothing was learned. A node must then accept nothing, and must not mark a block as invalid.
class NoAnswer : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// Verdict says whether something is allowed.
struct Verdict {
    bool ok = false;
    std::string reason; // stable, for programs; empty if ok
    std::string detail; // for people
    std::string tip;    // hash of the block that the verdict holds for; only for launches
};

// The reason that means: node and rules are at different positions. It says nothing about the block.
inline constexpr std::string_view kBadBlock = "bad_block";

// Point identifies a block by height and hash; hashes are 64 hex digits in Pastel's usual order.
struct Point {
    int height = -1;
    std::string hash;
};

// Tip is the last block of the rules; height -1 and zeros before the genesis block.
struct Tip {
    int height = -1;
    std::string hash;
    std::string digest;         // of the ledger
    std::vector<Point> locator; // blocks at growing distances below it, the genesis block last
};

// Payouts are the transactions that the block after tip may contain, oldest first.
struct Payouts {
    std::string tip;
    std::vector<Bytes> transactions;
};

// Status says how nodes treat a pool's Supernode.
enum class Status {
    active, // nodes vote for it and pay it
    paused, // nodes keep it, but neither vote for it nor pay it
    gone,   // nodes remove it from the list
};

// Supernode is backed by a pool; its collateral reference is (activation, ffffffff).
struct Supernode {
    std::string pool;
    std::string pastelid; // its identity
    Bytes payee;          // script that receives its payments
    int height = 0;       // of the activation ticket's block
    Status status = Status::gone;
};

// SupernodeAt is what the rules know as of a tip; no Supernode if the transaction is not an accepted activation ticket.
struct SupernodeAt {
    std::string tip;
    std::optional<Supernode> supernode;
};

// These functions read the body of an answer to the call with an id. They throw NoAnswer unless it has exactly smartpoold's form.
Tip readTip(std::string_view body, int status, std::uint64_t id);
Verdict readVerdict(std::string_view body, int status, std::uint64_t id);
Verdict readLaunch(std::string_view body, int status, std::uint64_t id);
Payouts readPayouts(std::string_view body, int status, std::uint64_t id);
SupernodeAt readSupernode(std::string_view body, int status, std::uint64_t id);

// toHex prints bytes as lowercase hex.
std::string toHex(const Bytes& bytes);

} // namespace smartpool
