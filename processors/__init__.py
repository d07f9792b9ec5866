"""Pure picture and record logic: values in, values out; no I/O, clock, chance or asyncio."""
