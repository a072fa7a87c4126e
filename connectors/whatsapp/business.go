package whatsapp

import (
	"encoding/json"
	"strconv"
	"strings"

	"go.mau.fi/whatsmeow/proto/waE2E"
	"google.golang.org/protobuf/proto"

	"passerelle/portal/say"
)

// business reads what firms send: lists and buttons to choose from, templates, products, orders and invoices. The choosing
// itself is done on the phone.
func (r reader) business(m *waE2E.Message) (content, bool) {
	switch {
	case m.GetListMessage() != nil:
		return r.list(m.GetListMessage()), true
	case m.GetButtonsMessage() != nil:
		return r.buttons(m.GetButtonsMessage()), true
	case m.GetTemplateMessage() != nil:
		return r.template(m.GetTemplateMessage()), true
	case m.GetHighlyStructuredMessage().GetHydratedHsm() != nil:
		return r.template(m.GetHighlyStructuredMessage().GetHydratedHsm()), true
	case m.GetInteractiveMessage() != nil:
		return r.interactive(m.GetInteractiveMessage()), true
	case m.GetProductMessage() != nil:
		return r.product(m.GetProductMessage()), true
	case m.GetOrderMessage() != nil:
		order := m.GetOrderMessage()
		return r.said(order.GetContextInfo(), r.say(say.Order, order.GetOrderTitle(), order.GetItemCount()),
			r.told(say.Price, money(order.GetTotalAmount1000(), order.GetTotalCurrencyCode())), order.GetMessage(),
			r.say(say.DetailsOnPhone, networkName)), true
	case m.GetInvoiceMessage() != nil:
		return r.said(nil, r.say(say.Invoice), m.GetInvoiceMessage().GetNote(), r.say(say.DetailsOnPhone, networkName)), true
	}
	return content{}, false
}

func (r reader) list(list *waE2E.ListMessage) content {
	texts := []string{list.GetTitle(), list.GetDescription()}
	for _, section := range list.GetSections() {
		texts = append(texts, section.GetTitle())
		for _, row := range section.GetRows() {
			texts = append(texts, choice(joinWords(row.GetTitle(), row.GetDescription())))
		}
	}
	texts = append(texts, list.GetFooterText(), r.say(say.AnswerOnPhone, networkName))
	return r.said(list.GetContextInfo(), texts...)
}

func (r reader) buttons(buttons *waE2E.ButtonsMessage) content {
	texts := []string{buttons.GetText(), buttons.GetContentText(), buttons.GetFooterText()}
	for _, button := range buttons.GetButtons() {
		texts = append(texts, choice(button.GetButtonText().GetDisplayText()))
	}
	texts = append(texts, r.say(say.AnswerOnPhone, networkName))
	header := &waE2E.Message{
		ImageMessage: buttons.GetImageMessage(), VideoMessage: buttons.GetVideoMessage(), DocumentMessage: buttons.GetDocumentMessage(),
	}
	return r.withHeader(header, buttons.GetContextInfo(), texts...)
}

func (r reader) template(template *waE2E.TemplateMessage) content {
	if interactive := template.GetInteractiveMessageTemplate(); interactive != nil {
		return r.interactive(interactive)
	}
	filled := template.GetHydratedTemplate()
	if filled == nil {
		filled = template.GetHydratedFourRowTemplate()
	}
	if filled == nil || filled.GetMaskLinkedDevices() {
		return content{sentence: say.OpenYourPhone}
	}
	texts := []string{filled.GetHydratedTitleText(), filled.GetHydratedContentText(), filled.GetHydratedFooterText()}
	for _, button := range filled.GetHydratedButtons() {
		texts = append(texts,
			choice(button.GetQuickReplyButton().GetDisplayText()),
			choice(joinWords(button.GetUrlButton().GetDisplayText(), button.GetUrlButton().GetURL())),
			choice(joinWords(button.GetCallButton().GetDisplayText(), button.GetCallButton().GetPhoneNumber())))
	}
	header := &waE2E.Message{
		ImageMessage: filled.GetImageMessage(), VideoMessage: filled.GetVideoMessage(), DocumentMessage: filled.GetDocumentMessage(),
	}
	return r.withHeader(header, template.GetContextInfo(), texts...)
}

func (r reader) interactive(interactive *waE2E.InteractiveMessage) content {
	head := interactive.GetHeader()
	texts := []string{head.GetTitle(), head.GetSubtitle(), interactive.GetBody().GetText()}
	for _, card := range interactive.GetCarouselMessage().GetCards() {
		texts = append(texts, choice(joinWords(card.GetHeader().GetTitle(), card.GetBody().GetText())))
	}
	texts = append(texts, interactive.GetFooter().GetText())
	for _, button := range interactive.GetNativeFlowMessage().GetButtons() {
		texts = append(texts, choice(nativeButton(button.GetButtonParamsJSON())))
	}
	texts = append(texts, r.say(say.AnswerOnPhone, networkName))
	header := &waE2E.Message{
		ImageMessage: head.GetImageMessage(), VideoMessage: head.GetVideoMessage(), DocumentMessage: head.GetDocumentMessage(),
	}
	return r.withHeader(header, interactive.GetContextInfo(), texts...)
}

// nativeButton is what stands on a button, and where it leads.
func nativeButton(parameters string) string {
	var button struct {
		DisplayText string `json:"display_text"`
		URL         string `json:"url"`
		PhoneNumber string `json:"phone_number"`
		CopyCode    string `json:"copy_code"`
	}
	if json.Unmarshal([]byte(parameters), &button) != nil {
		return ""
	}
	return joinWords(button.DisplayText, button.URL, button.PhoneNumber, button.CopyCode)
}

func (r reader) product(message *waE2E.ProductMessage) content {
	product := message.GetProduct()
	price := product.GetSalePriceAmount1000()
	if price == 0 {
		price = product.GetPriceAmount1000()
	}
	header := &waE2E.Message{ImageMessage: product.GetProductImage()}
	return r.withHeader(header, message.GetContextInfo(),
		r.say(say.Product, product.GetTitle()), r.told(say.Price, money(price, product.GetCurrencyCode())), product.GetDescription(),
		product.GetURL(), message.GetBody(), message.GetFooter())
}

// withHeader is a file with a text below it; without a file the text alone.
func (r reader) withHeader(header *waE2E.Message, context *waE2E.ContextInfo, texts ...string) content {
	text := proto.String(joinLines(texts...))
	header = proto.Clone(header).(*waE2E.Message)
	switch {
	case header.ImageMessage != nil:
		header.ImageMessage.Caption, header.ImageMessage.ContextInfo = text, context
	case header.VideoMessage != nil:
		header.VideoMessage.Caption, header.VideoMessage.ContextInfo = text, context
	case header.DocumentMessage != nil:
		header.DocumentMessage.Caption, header.DocumentMessage.ContextInfo = text, context
	case *text == "":
		return content{sentence: say.OpenYourPhone}
	default:
		return r.text(*text, context)
	}
	c, _ := r.media(header)
	return c
}

// answer reads what people chose.
func (r reader) answer(m *waE2E.Message) (content, bool) {
	var chosen string
	var context *waE2E.ContextInfo
	switch {
	case m.GetListResponseMessage() != nil:
		response := m.GetListResponseMessage()
		chosen, context = joinLines(response.GetTitle(), response.GetDescription()), response.GetContextInfo()
	case m.GetButtonsResponseMessage() != nil:
		chosen, context = m.GetButtonsResponseMessage().GetSelectedDisplayText(), m.GetButtonsResponseMessage().GetContextInfo()
	case m.GetTemplateButtonReplyMessage() != nil:
		chosen, context = m.GetTemplateButtonReplyMessage().GetSelectedDisplayText(), m.GetTemplateButtonReplyMessage().GetContextInfo()
	case m.GetInteractiveResponseMessage() != nil:
		chosen, context = m.GetInteractiveResponseMessage().GetBody().GetText(), m.GetInteractiveResponseMessage().GetContextInfo()
	}
	if chosen == "" {
		return content{}, false
	}
	return r.text(chosen, context), true
}

// choice is a line of those to choose from.
func choice(text string) string {
	if text = strings.TrimSpace(text); text == "" {
		return ""
	}
	return "- " + strings.ReplaceAll(text, "\n", " ")
}

// joinWords puts what there is of some texts beside each other.
func joinWords(texts ...string) string {
	return strings.ReplaceAll(joinLines(texts...), "\n", ", ")
}

// money is an amount in thousandths of a currency; empty: none.
func money(thousandths int64, currency string) string {
	if thousandths == 0 && currency == "" {
		return ""
	}
	amount := strconv.FormatFloat(float64(thousandths)/1000, 'f', 2, 64)
	return strings.TrimSpace(amount + " " + currency)
}
