'use strict';
module.exports = {
  predict() {
    return {};
  }
};
