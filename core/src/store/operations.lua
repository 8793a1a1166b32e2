-- What each operation does to the record that partition.lua has read, and what is kept of it.

---------------------------------------------------------------------------------------------------------- operations

-- What changes nothing returns at once.
local reply

-- How many places of a rule are taken, and how long until one is free: 0 if one is now.
local function look(it, rule)
  if not it then return 0, 0 end
  local limit, window, taken = rule.limit, rule.window, 0
  if it.form == BINNED then
    -- A bin counts until its last millisecond is as old as the window.
    local counts, width, head = it.counts, it.width, it.head
    local first = max(floor((now + 1 - window) / width) - head + BINS, 1)
    for i = first, BINS do taken = min(taken + counts[i], COUNT_MAX) end
    local surplus = taken - limit
    if surplus < 0 then return taken, 0 end
    for i = first, BINS do
      surplus = surplus - counts[i]
      if surplus < 0 then return taken, max((head - BINS + i + 1) * width - 1 + window - now, 1) end
    end
  end
  local entries, below = it.entries, rule.charge == 'f' and 2 or 1
  for i = 1, #entries, 3 do
    if entries[i] < window and entries[i + 2] < below then taken = taken + 1 end
  end
  local surplus = taken - limit
  if surplus < 0 then return taken, 0 end
  for i = 1, #entries, 3 do
    if entries[i] < window and entries[i + 2] < below then
      if surplus == 0 then return taken, window - entries[i] end
      surplus = surplus - 1
    end
  end
end

if verb == 'reserve' then
  local rules, lease = op.rules, op.lease

  local function granted(told, again)
    local next_ms, bins, used = 0, '', ''
    for i = 1, #rules do
      local rule = rules[i]
      local it = find(rule.series)
      if it then
        local taken, wait = look(it, rule)
        if wait > next_ms then next_ms = wait end
        if it.form == BINNED then
          local bin = format(' bin=%.0f:', rule.series)
          if rule.charge ~= 'g' and not bins:find(bin, 1, true) then
            local age = 0
            for at = 2, again and #it.entries or 0, 3 do
              if it.entries[at] == lease then
                age = it.entries[at - 1]
                break
              end
            end
            bins = bins .. format('%s%.0f', bin, floor((now - age) / it.width))
          end
          used = used .. format(' used=%d:%.0f', i - 1, taken)
        end
      end
    end
    return format('granted %.0f%s%s%s', next_ms, bins, used, told)
  end

  -- Who asked before hears the same again: of its own challenge, or one whose code can be made again.
  if data and data:find(lease, 1, true) then
    for i = 1, #rules do
      local it = rules[i].charge ~= 'g' and find(rules[i].series)
      for at = 2, it and #it.entries or 0, 3 do
        if it.entries[at] == lease then
          for s = 1, op.slot and #slots or 0 do
            local slot = slots[s]
            local shared = slot.flags % 16 < 8 and op.least <= op.lifetime
            if slot.tag == op.tag and (shared or slot.rest:sub(5, 20) == bytes(op.slot + 17, 16)) then
              return granted(' ' .. tell(slot), true)
            end
          end
          return granted('', true)
        end
      end
    end
  end

  if op.idem and data and data:find(op.idem, 1, true) then
    for s = 1, #all do
      local it = all[s]
      local horizon = it.form == BINNED and MEMORY or it.window
      for i = 1, it.idems and #it.entries or 0, 3 do
        local age, level = it.entries[i], it.entries[i + 2]
        if it.idems[it.entries[i + 1]] == op.idem and level == 0 and age < horizon then
          local slot = op.slot and find_slot(op.tag)
          return format('replayed %.0f %.0f', age, slot and remaining(slot) or 0)
        end
      end
    end
  end

  if data then
    local longest, which = 0
    for i = 1, #rules do
      local _, wait = look(find(rules[i].series), rules[i])
      if wait > longest then longest, which = wait, i - 1 end
    end
    if which then return format('denied %d %.0f', which, longest) end
  end

  local told = ''
  if op.slot then
    local live, others, ours, spent, first = {}, {}, nil, nil, nil
    for s = 1, #slots do
      local slot = slots[s]
      if slot.age < slot.lifetime then
        live[#live + 1] = slot
        if slot.tag == op.tag then
          ours = ours or slot
        else
          others[#others + 1] = slot
          if slot.flags % 8 == USED then spent = spent or #others end
          first = min(first or remaining(slot), remaining(slot))
        end
      end
    end
    -- A live challenge of the same purpose and session is sent again, if its code can be made and lives long enough.
    local lifetime = ours and min(ours.age + op.validity, op.lifetime)
    if
      ours
      and ours.flags % 16 < USED
      and ours.left > 0
      and line:find(format('%08x', (unpack_at('>I4', ours.rest))), op.kids, true)
      and max(lifetime - ours.age, 0) >= op.least
    then
      ours.lifetime = max(ours.lifetime, lifetime)
      if ours.flags < 240 then ours.flags = ours.flags + 16 end
      slots, told = live, ' ' .. tell(ours)
    else
      if #others >= max(op.max + 0, 1) then
        if not spent then return format('full %.0f', first) end
        table.remove(others, spent)
      end
      local at, kid = op.slot, op.kids
      others[#others + 1] = { tag = op.tag, rest = bytes(kid, 4) .. bytes(at + 17, 16) .. bytes(at + 50, 16), age = 0,
        lifetime = op.validity, left = op.tries, flags = op.least > op.lifetime and 8 or 0, attempt = '\0\0\0\0' }
      slots = others
      told = format(' slot=0:%s:%s:%.0f', line:sub(kid, kid + 7), line:sub(at + 17, at + 48), op.validity)
    end
  end

  advance()
  if data then
    local left = {}
    for s = 1, #all do
      local it, firm, longest = all[s], 0, 0
      for i = 1, #rules do
        if rules[i].series == it.number then
          longest = max(longest, rules[i].window)
          if rules[i].charge == 'f' then firm = max(firm, rules[i].window) end
        end
      end
      local window = it.form == BINNED and MEMORY or it.window
      retain(it, { [0] = window, min(max(MEMORY, firm), window), min(MEMORY, window) })
      if it.form == LOG and #it.entries >= LOG_MAX * 3 and longest > 0 then
        -- An older rule had a longer window.
        retain(it, { [0] = longest, longest, longest })
      end
      while it.form == LOG and #it.entries >= LOG_MAX * 3 do
        local given = position(it, 2) or position(it, 1)
        if not given then break end
        remove_entry(it, given)
      end
      if it.form == BINNED then
        local gone = floor((now + 1 - it.window) / it.width) - it.head + BINS - 1
        for i = 1, min(gone, BINS) do it.counts[i] = 0 end
      end
      if not is_empty(it) then left[#left + 1] = it end
    end
    all = left
  end

  for i = 1, #rules do
    local rule, due = rules[i], rules[i].charge ~= 'g'
    for j = 1, i - 1 do due = due and (rules[j].series ~= rule.series or rules[j].charge == 'g') end
    if due then
      local it = find(rule.series) or add_series(rule.series, rule.form, rule.window)
      for j = 1, #rules do
        -- The series takes to the rule's form and window, and never counts less than before.
        local form, window = rules[j].form, rules[j].window
        if rules[j].series ~= rule.series then
          -- another's
        elseif form == BINNED and (it.form ~= BINNED or window ~= it.window) or it.form == BINNED and window > it.window then
          local taken = look(it, { limit = math.huge, window = it.window, charge = 'f' })
          add_bins(it, window)
          it.counts[BINS] = taken
          retain(it, { [0] = MEMORY, MEMORY, MEMORY })
          while #it.entries > RECENT_MAX * 3 do remove_entry(it, 1) end
        else
          it.window = max(it.window, window)
        end
      end
      if it.form == BINNED then
        it.counts[BINS] = min(it.counts[BINS] + 1, COUNT_MAX)
        remember(it, lease, 0, op.idem)
      else
        add_entry(it, lease, 0, op.idem)
      end
    end
  end
  reply = granted(told)
elseif verb == 'release' then
  advance()
  local lease, level = op.lease, op.level
  for _, back in ipairs(op.series) do
    local it, found = find(back.number) or add_series(back.number, LOG, MEMORY), nil
    local function give_back(bin)
      local at = BINS - it.head + bin
      if at >= 1 and at <= BINS then it.counts[at] = max(it.counts[at] - 1, 0) end
    end
    local entries = it.entries
    for at = 1, #entries, 3 do
      if entries[at + 1] == lease then
        found = at
        break
      end
    end
    if found then
      if it.form == BINNED and entries[found + 2] == 0 and level > 0 then
        give_back(floor((now - entries[found]) / it.width))
      end
      entries[found + 2] = max(entries[found + 2], level)
      if it.idems then it.idems[lease] = nil end
    elseif level > 0 and it.form == BINNED then
      if back.bin then
        retain(it, { [0] = MEMORY, MEMORY, MEMORY })
        if remember(it, lease, level) then give_back(back.bin) end
      end
    elseif level == 2 and it.form == LOG and #entries < LOG_MAX * 3 then
      add_entry(it, lease, level)
    end
  end
  if op.tag then
    local left = {}
    for s = 1, #slots do
      local slot = slots[s]
      local unsent = slot.flags % 8 == FRESH and slot.flags < 16
      if slot.tag ~= op.tag or slot.rest:sub(5, 20) ~= op.nonce or not unsent then left[#left + 1] = slot end
    end
    slots = left
  end
  reply = 'released'
elseif verb == 'look' then
  local told = 'looked'
  for i = 1, #op.rules do
    told = told .. format(' %.0f:%.0f', look(find(op.rules[i].series), op.rules[i]))
  end
  for s = 1, #slots do
    local slot = slots[s]
    local state = ('fwu'):sub(slot.flags % 8 + 1, slot.flags % 8 + 1)
    if slot.age < slot.lifetime then
      told = told .. format(' slot=%d:%d:%s:%.0f', floor(slot.flags / 16), slot.left, state, remaining(slot))
    end
  end
  return told
elseif verb == 'forget' then
  all, slots, reply = {}, {}, 'released'
elseif verb == 'consume' then
  -- Spends the challenge that a try was counted on, which may have ended since, and takes that try off the wrong ones.
  local slot = find_slot(op.tag, op.nonce)
  local state = slot and slot.flags % 8
  if state == USED and slot.attempt == op.attempt then return 'matched' end
  if state ~= WRONG then return 'gone' end
  slot.flags, slot.attempt = slot.flags - WRONG + USED, op.attempt
  for s = 1, #all do
    local it = all[s]
    if it.number == op.series and it.form == TIMES then
      if it.entries[1] then remove_entry(it, #it.entries - 2) end
      break
    end
  end
  reply = 'matched'
else
  local slot
  for s = 1, #slots do
    if slots[s].tag == op.tag and slots[s].age < slots[s].lifetime then
      slot = slots[s]
      break
    end
  end
  if not slot then return 'gone' end
  local counts, right = verb == 'count', false
  if not counts then
    local proof = line:find(format(' %08x:', (unpack_at('>I4', slot.rest))), rest, true)
    if not proof then return 'gone' end
    right = bytes(proof + 10, 16) == slot.rest:sub(21)
  end
  local state, again = slot.flags % 8, slot.attempt == op.attempt
  if state == USED then return again and right and 'matched' or 'gone' end
  -- The same attempt hears the same again, whatever it brings.
  again = again and state == WRONG
  right = right and not again
  if not again then
    if slot.left == 0 then return format('locked %.0f', remaining(slot)) end
    slot.left, slot.attempt = slot.left - 1, op.attempt
    slot.flags = slot.flags - state + (right and USED or WRONG)
    if not right and op.keep > 0 then
      local it = find(op.series) or add_series(op.series, TIMES, op.window)
      it.window = max(it.window, op.window)
      add_entry(it, NOBODY, 0)
      retain(it, { [0] = it.window, it.window, it.window })
      while #it.entries > op.keep * 3 do remove_entry(it, 1) end
    end
  end
  if right then
    reply = 'matched'
  elseif counts then
    reply = format('counted %d %s', slot.left, tell(slot))
  else
    reply = format('wrong %d %.0f', slot.left, remaining(slot))
  end
  if again then return reply end
end

---------------------------------------------------------------------------------------------------------- what is kept

advance()
local longest, out = 0, pack('>BI6B', 1, now, #all)
for s = 1, #all do
  local it = all[s]
  local entries = it.entries
  local count = #entries / 3
  if not is_empty(it) then longest = max(longest, it.window + (it.width or 0)) end
  for i = 1, it.is_old and #entries or 0, 3 do entries[i] = min(entries[i], AGE_MAX) end
  if it.form == BINNED then
    it.counts[BINS + 1] = count
    out = out .. pack('>BBI4I4' .. ('I4'):rep(BINS) .. 'B', it.number, BINNED, it.window, it.width, unpack(it.counts))
  else
    out = out .. pack('>BBI4B', it.number, it.form, it.window, count)
  end
  if it.form == TIMES then
    for i = 1, #entries, 3 do out = out .. pack('>I4', entries[i]) end
  elseif it.idems then
    for i = 1, #entries, 3 do
      local idem = it.idems[entries[i + 1]]
      out = out .. pack('>I4c8B', entries[i], entries[i + 1], entries[i + 2] + (idem and 4 or 0)) .. (idem or '')
    end
  else
    out = out .. pack('>' .. ('I4c8B'):rep(count), unpack(entries))
  end
end
out = out .. string.char(#slots)
for s = 1, #slots do
  local slot = slots[s]
  longest = max(longest, remaining(slot))
  out = out .. pack('>c8c36I4I3BBc4', slot.tag, slot.rest, min(slot.age, AGE_MAX), slot.lifetime, slot.left, slot.flags, slot.attempt)
end
local ttl = max(longest + now - clock, 1)
if data then ttl = max(ttl, redis.call('PTTL', KEYS[1])) end
redis.call('SET', KEYS[1], out, 'PX', format('%.0f', ttl))
return reply
