export declare const REQUESTS: string[]
