"use strict";
// The function of warm-up.cjs.

exports.handler = async (event) => event;
