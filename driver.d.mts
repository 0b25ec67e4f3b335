import driver from './driver.js';

export default driver;
export import Driver = driver.Driver;
export import ServingDriver = driver.ServingDriver;
export import ClientDriver = driver.ClientDriver;
export import Proxy = driver.Proxy;
export import Request = driver.Request;
export import Options = driver.Options;
export declare const client: typeof driver.client;
export declare const server: typeof driver.server;
export declare const http: typeof driver.http;
export declare const isSecureRequest: typeof driver.isSecureRequest;
export declare const isWebSocket: typeof driver.isWebSocket;
export declare const validateOptions: typeof driver.validateOptions;
