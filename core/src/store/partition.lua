-- One operation on one partition: core/src/limit in Lua, held to it by a differential test. operations.lua goes on.
-- KEYS[1] the partition, ARGV[1] the operation; the clock is the server's. One SET … PX, last, is the only write.
--
-- Each run makes its functions and tables anew, and that is most of its time. So there are few: an operation's own steps
-- stand under its verb, what is not needed is not read, and what repeats is packed and unpacked in one call.
local CLOCK_SLACK, MEMORY, RECENT_MAX, LOG_MAX, BINS, AGE_MAX = 600000, 1800000, 32, 96, 25, 4294967295
local COUNT_MAX = AGE_MAX
local LOG, BINNED, TIMES = 0, 1, 2
local FRESH, WRONG, USED = 0, 1, 2
local NOBODY = '\0\0\0\0\0\0\0\0'

local time = redis.call('TIME')
local clock = time[1] * 1000 + math.floor(time[2] / 1000)

local floor, max, min, format = math.floor, math.max, math.min, string.format
local pack, unpack_at = struct.pack, struct.unpack

---------------------------------------------------------------------------------------------------------- the line

-- Words come in the order in which the core writes them; hex has a fixed length, so it is found by its place.
local line = ARGV[1]
local verb = line:match('^%l+')
local op, rest = {}, nil

-- So many bytes, a multiple of four, from the hex at a place of the line.
local function bytes(at, size)
  if size == 4 then return pack('>I4', tonumber(line:sub(at, at + 7), 16)) end
  if size > 8 then return bytes(at, 8) .. bytes(at + 16, size - 8) end
  return pack('>I4I4', tonumber(line:sub(at, at + 7), 16), tonumber(line:sub(at + 8, at + 15), 16))
end

local function read_op()
  local _
  if verb == 'reserve' or verb == 'look' then
    op.rules, rest = {}, 5
    if verb == 'reserve' then op.lease, rest = bytes(9, 8), 25 end
    if line:find('^ idem=', rest) then op.idem, rest = bytes(31, 8), 47 end
    for i = 1, 64 do
      local _, to, series, form, limit, window, charge = line:find('^ (%d+):([lbt]):(%d+):(%d+):([sfg])', rest)
      if not to then break end
      form = form == 'l' and LOG or form == 'b' and BINNED or TIMES
      limit, window, rest = limit + 0, window + 0, to + 1
      if limit < 1 or window < 1 then error() end
      op.rules[i] = { series = series + 0, form = form, limit = limit, window = window, charge = charge }
    end
    if line:find('^ slot=', rest) then
      -- The slot's MACs stay as they are until they are needed.
      op.slot, op.tag = rest + 6, bytes(rest + 6, 8)
      _, rest, op.validity, op.lifetime, op.least, op.tries, op.max, op.kids =
        line:find('^:(%d+):(%d+):(%d+):(%d+):(%d+):()[%x,]+$', rest + 88)
      op.validity, op.lifetime, op.least = min(op.validity + 0, op.lifetime + 0), op.lifetime + 0, op.least + 0
      rest = rest + 1
    end
  elseif verb == 'release' then
    op.lease, op.level, op.series, rest = bytes(9, 8), tonumber(line:sub(26, 26)), {}, 27
    if op.level > 2 then error() end
    while true do
      local _, to, number, bin = line:find('^ (%d+):?(%d*)', rest)
      if not to then break end
      op.series[#op.series + 1] = { number = number + 0, bin = tonumber(bin) }
      rest = to + 1
    end
    if line:find('^ slot=', rest) then
      op.tag, op.nonce, rest = bytes(rest + 6, 8), bytes(rest + 23, 16), rest + 55
    end
  elseif verb == 'check' or verb == 'count' then
    op.attempt, op.tag = bytes(7, 4), bytes(16, 8)
    _, rest, op.series, op.window, op.keep = line:find('^ (%d+):(%d+):(%d+)', 32)
    op.series, op.window, op.keep, rest = op.series + 0, op.window + 0, op.keep + 0, rest + 1
    if verb == 'check' then return end
  elseif verb == 'consume' then
    op.attempt, op.tag, op.nonce, op.series = bytes(9, 4), bytes(18, 8), bytes(35, 16), tonumber(line:match('^ (%d+)$', 67))
    if op.series then return end
  elseif verb == 'forget' then
    rest = 7
  end
  -- What is left over is no operation.
  if rest ~= #line + 1 then error() end
end

if not pcall(read_op) then return 'refused operation' end

---------------------------------------------------------------------------------------------------------- record

-- Ages are those of now. A series' entries are flat, oldest first: age, lease, level, age, lease, level …
-- A slot's `rest` is its kid, nonce and proof, its `flags` the state, 8 if fixed, and 16 for each resend.
local base, now, all, slots = 0, clock, {}, {}

local data = redis.call('GET', KEYS[1])

local function read()
  local version, count, at
  version, base, count, at = unpack_at('>BI6B', data)
  if version ~= 1 then error() end
  now = max(clock, base)
  local since = now - base
  for s = 1, count do
    local number, form, window, width, counts, head, entries
    number, form, window, count, at = unpack_at('>BBI4B', data, at)
    if form == BINNED then
      width = unpack_at('>I4', data, at - 1)
      counts = { unpack_at('>' .. ('I4'):rep(BINS) .. 'B', data, at + 3) }
      head, count, at = floor(base / width), counts[BINS + 1], at + BINS * 4 + 4
      if width == 0 then error() end
    elseif form > TIMES then
      error()
    end
    local from, skipped, idems, is_old = at, 0
    if form == TIMES then
      entries = {}
      local ages = { unpack_at('>' .. ('I4'):rep(count), data, from) }
      for i = 1, count do entries[i * 3 - 2], entries[i * 3 - 1], entries[i * 3] = ages[i], NOBODY, 0 end
      at = from + count * 4
    elseif count > 0 then
      entries = { unpack_at('>' .. ('I4c8B'):rep(count), data, from) }
      at, entries[count * 3 + 1] = from + count * 13, nil
    else
      entries = {}
    end
    for i = 1, count * 3, 3 do
      local age, flags = entries[i], entries[i + 2]
      if skipped > 0 then age, entries[i + 1], flags = unpack_at('>I4c8B', data, from + (i - 1) / 3 * 13 + skipped) end
      if flags > 3 then
        -- An idempotency tag follows, and moves all the others.
        local tag = from + (i + 2) / 3 * 13 + skipped
        idems = idems or {}
        idems[entries[i + 1]] = data:sub(tag, tag + 7)
        skipped, flags = skipped + 8, flags - 4
      end
      if skipped > 0 then entries[i + 2] = flags end
      if age > base or flags > 2 then error() end
      entries[i] = age + since
      is_old = is_old or age + since > AGE_MAX
    end
    at = at + skipped
    local it = { number = number, form = form, window = window, entries = entries }
    if form == BINNED then it.width, it.counts, it.head = width, counts, head end
    if idems then it.idems = idems end
    if is_old then it.is_old = true end
    all[s] = it
  end
  count, at = unpack_at('>B', data, at)
  for s = 1, count do
    local tag, rest, age, lifetime, left, flags, attempt
    tag, rest, age, lifetime, left, flags, attempt, at = unpack_at('>c8c36I4I3BBc4', data, at)
    if age > base or flags % 8 > USED then error() end
    slots[s] = { tag = tag, rest = rest, age = age + since, lifetime = lifetime, left = left, flags = flags, attempt = attempt }
  end
  if at ~= #data + 1 then error() end
end

if data then
  if #data > 0 and data:byte() > 1 then return 'refused version' end
  if not pcall(read) then return 'refused corrupt' end
  if base > clock + CLOCK_SLACK then return 'refused clock' end
end

local function find(number)
  for s = 1, #all do
    if all[s].number == number then return all[s] end
  end
end

local function add_bins(it, window)
  it.form, it.window, it.width, it.counts = BINNED, window, floor((window + 23) / 24), {}
  it.head = floor(now / it.width)
  for i = 1, BINS do it.counts[i] = 0 end
end

local function add_series(number, form, window)
  local it = { number = number, form = form, window = window, entries = {} }
  if form == BINNED then add_bins(it, window) end
  all[#all + 1] = it
  return it
end

local function add_entry(it, lease, level, idem)
  local entries, n = it.entries, #it.entries
  if n == 0 then
    it.entries = { 0, lease, level }
  else
    entries[n + 1], entries[n + 2], entries[n + 3] = 0, lease, level
  end
  if idem or it.idems then
    it.idems = it.idems or {}
    it.idems[lease] = idem
  end
end

local function remove_entry(it, at)
  local entries, n = it.entries, #it.entries
  for i = at, n - 3 do entries[i] = entries[i + 3] end
  entries[n], entries[n - 1], entries[n - 2] = nil, nil, nil
end

-- Keeps the entries that are younger than what their level tells.
local function retain(it, keep)
  local entries, n = it.entries, 0
  for i = 1, #entries, 3 do
    if entries[i] < keep[entries[i + 2]] then
      if n < i - 1 then entries[n + 1], entries[n + 2], entries[n + 3] = entries[i], entries[i + 1], entries[i + 2] end
      n = n + 3
    end
  end
  for i = #entries, n + 1, -1 do entries[i] = nil end
end

local function is_empty(it)
  if it.entries[1] then return false end
  for i = 1, it.counts and BINS or 0 do
    if it.counts[i] > 0 then return false end
  end
  return true
end

local function position(it, level)
  for i = 3, #it.entries, 3 do
    if it.entries[i] == level then return i - 2 end
  end
end

-- Remembers a recent lease of a binned series; false if every place is held by one given back lately.
local function remember(it, lease, level, idem)
  if #it.entries >= RECENT_MAX * 3 then
    local unreleased = position(it, 0)
    if not unreleased then return false end
    remove_entry(it, unreleased)
  end
  add_entry(it, lease, level, idem)
  return true
end

-- Moves the bins to now.
local function advance()
  for s = 1, #all do
    local it = all[s]
    if it.form == BINNED then
      local counts, by = it.counts, min(floor(now / it.width) - it.head, BINS)
      if by > 0 then
        for i = 1, BINS do counts[i] = i + by <= BINS and counts[i + by] or 0 end
        it.head = floor(now / it.width)
      end
    end
  end
end

local function remaining(slot) return max(slot.lifetime - slot.age, 0) end

-- What a reply says of a challenge.
local function tell(slot)
  local a, b, c, d, e = unpack_at('>I4I4I4I4I4', slot.rest)
  return format('slot=%d:%08x:%08x%08x%08x%08x:%.0f', floor(slot.flags / 16), a, b, c, d, e, remaining(slot))
end

local function find_slot(tag, nonce)
  for s = 1, #slots do
    local slot = slots[s]
    if slot.tag == tag and (not nonce or slot.rest:sub(5, 20) == nonce) then return slot end
  end
end
