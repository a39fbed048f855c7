package auth

import (
	"slices"
	"strings"

	apiv1 "github.com/spurline/spurline/proto/spurline/api/v1"
)

// Role is what a token is for.
type Role string

// The roles.
const (
	// Reader reads everything but changes nothing.
	Reader Role = "READER"
	// Submitter submits orders and shipments and reads nothing, so that a token
	// that leaks from a sending service shows no customer's data.
	Submitter Role = "SUBMITTER"
	// Operator does everything but create and delete merchants.
	Operator Role = "OPERATOR"
	// Admin does everything.
	Admin Role = "ADMIN"
)

func roles() []Role { return []Role{Reader, Submitter, Operator, Admin} }

// scope says whether a call belongs to a merchant.
type scope int

const (
	// ofMerchant calls name their merchant in the request, always.
	ofMerchant scope = iota
	// maybeOfMerchant calls may name one, and touch nothing of any if they do not.
	maybeOfMerchant
	// ofItems calls name a merchant in each item of a stream; CheckMerchant is
	// called for each.
	ofItems
	// ofNone calls show nothing of any merchant.
	ofNone
	// ofAll calls show something of every merchant.
	ofAll
)

// rule says who may call a method.
type rule struct {
	roles []Role
	scope scope
}

// access is the table of all methods by full name.
func access() map[string]rule {
	var (
		submitting    = []Role{Submitter, Operator, Admin}
		reading       = []Role{Reader, Operator, Admin}
		operating     = []Role{Operator, Admin}
		administering = []Role{Admin}
	)
	return map[string]rule{
		apiv1.IntakeService_SubmitOrder_FullMethodName:    {submitting, ofMerchant},
		apiv1.IntakeService_SubmitTracking_FullMethodName: {submitting, ofMerchant},
		apiv1.IntakeService_SubmitBatch_FullMethodName:    {submitting, ofMerchant},
		apiv1.IntakeService_SubmitStream_FullMethodName:   {submitting, ofItems},

		apiv1.OrderService_GetOrder_FullMethodName:           {reading, ofMerchant},
		apiv1.OrderService_ListOrders_FullMethodName:         {reading, ofMerchant},
		apiv1.OrderService_ListOrderRevisions_FullMethodName: {reading, ofMerchant},
		apiv1.OrderService_Explain_FullMethodName:            {reading, ofMerchant},
		apiv1.OrderService_ListExtraFields_FullMethodName:    {reading, ofMerchant},

		apiv1.DeliveryService_GetDelivery_FullMethodName:     {reading, ofMerchant},
		apiv1.DeliveryService_ListDeliveries_FullMethodName:  {reading, ofMerchant},
		apiv1.DeliveryService_ListAttempts_FullMethodName:    {reading, ofMerchant},
		apiv1.DeliveryService_PreviewDelivery_FullMethodName: {reading, ofMerchant},
		apiv1.DeliveryService_RetryDelivery_FullMethodName:   {operating, ofMerchant},
		apiv1.DeliveryService_RetryDeliveries_FullMethodName: {operating, ofMerchant},
		apiv1.DeliveryService_CancelDelivery_FullMethodName:  {operating, ofMerchant},

		apiv1.ConnectionService_GetConnection_FullMethodName:     {reading, ofMerchant},
		apiv1.ConnectionService_ListConnections_FullMethodName:   {reading, ofMerchant},
		apiv1.ConnectionService_CreateConnection_FullMethodName:  {operating, ofMerchant},
		apiv1.ConnectionService_UpdateConnection_FullMethodName:  {operating, ofMerchant},
		apiv1.ConnectionService_DeleteConnection_FullMethodName:  {operating, ofMerchant},
		apiv1.ConnectionService_TestConnection_FullMethodName:    {operating, maybeOfMerchant},
		apiv1.ConnectionService_PauseConnection_FullMethodName:   {operating, ofMerchant},
		apiv1.ConnectionService_ResumeConnection_FullMethodName:  {operating, ofMerchant},
		apiv1.ConnectionService_DisableConnection_FullMethodName: {operating, ofMerchant},

		apiv1.MerchantService_GetMerchant_FullMethodName:    {reading, ofMerchant},
		apiv1.MerchantService_ListMerchants_FullMethodName:  {reading, ofAll},
		apiv1.MerchantService_UpdateMerchant_FullMethodName: {operating, ofMerchant},
		apiv1.MerchantService_CreateMerchant_FullMethodName: {administering, ofMerchant},
		apiv1.MerchantService_DeleteMerchant_FullMethodName: {administering, ofMerchant},

		apiv1.PluginService_GetPlugin_FullMethodName:   {reading, ofNone},
		apiv1.PluginService_ListPlugins_FullMethodName: {reading, ofNone},
		// What plugins write may tell of any merchant's record.
		apiv1.PluginService_ListCrashReports_FullMethodName: {operating, ofAll},
		apiv1.PluginService_TailLogs_FullMethodName:         {operating, ofAll},
		apiv1.PluginService_RestartPlugin_FullMethodName:    {operating, ofAll},
		apiv1.PluginService_ReleasePlugin_FullMethodName:    {operating, ofAll},
		apiv1.PluginService_UpgradePlugin_FullMethodName:    {operating, ofAll},
		apiv1.PluginService_ReloadPlugins_FullMethodName:    {operating, ofAll},

		"/grpc.reflection.v1.ServerReflection/ServerReflectionInfo":      {roles(), ofNone},
		"/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo": {roles(), ofNone},
	}
}

// open tells whether a method needs no token: load balancers ask for health and
// have none.
func open(method string) bool { return strings.HasPrefix(method, "/grpc.health.v1.Health/") }

func (r rule) allows(role Role) bool { return slices.Contains(r.roles, role) }

// names tells the roles in words: "OPERATOR or ADMIN".
func (r rule) names() string {
	words := make([]string, len(r.roles))
	for i, role := range r.roles {
		words[i] = string(role)
	}
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
