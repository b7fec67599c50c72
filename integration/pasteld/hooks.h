// Part of smartpool. Copyright (c) 2026 The smartpool developers. MIT License, see LICENSE.
//
// What pasteld calls. Every function is quiet, and answers as a stock node would, until start has succeeded.
#pragma once

#include <cstdint>
#include <string>

class CBlock;
class CBlockIndex;
class CChainParams;
class CCoinsViewCache;
class CValidationState;
struct CBlockTemplate;

namespace smartpool {

// start reads -smartpool=ADDRESS and -smartpoolcookie=FILE, and takes the rules to the node's tip. False, with an error for people, if
// the node cannot go on. Without -smartpool it does nothing. Call it before ActivateBestChain.
bool start(const CChainParams& params, std::string& error);

// retry tries again what got no answer. For a scheduler, every few seconds; it takes cs_main.
void retry(const CChainParams& params);

// connectBlock asks whether the chain may grow by a block, with cs_main held. False means that state holds a refusal, which marks the
// block, or an error, which marks nothing.
bool connectBlock(const CBlock& block, const CBlockIndex* index, CValidationState& state);

// disconnectTip has the rules go back with the node, with cs_main held. False means that state holds an error.
bool disconnectTip(const CBlockIndex* index, CValidationState& state);

// mustFlush reports whether the node has to write its coins now, so that a crash never leaves it further back than the rules can go. It is
// asked once a connected block.
bool mustFlush();

// addPayouts puts due payouts into a template, behind the coinbase, and counts their size and signature checks. Throws
// std::runtime_error if there is no answer: no template is made then.
void addPayouts(CBlockTemplate& block, CCoinsViewCache& view, const CBlockIndex* parent, const CChainParams& params, std::uint64_t& size,
                int& sigOps);

} // namespace smartpool
